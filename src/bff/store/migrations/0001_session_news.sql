-- Tells every instance which sessions were ended or cut down before their time, so that none of them is believed in any longer.
CREATE FUNCTION sessions_tell_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('portal_sessions', id_hash) FROM ended WHERE idle_ends_at > now() AND ends_at > now();
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER sessions_ended AFTER DELETE ON sessions REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION sessions_tell_ends();
--> statement-breakpoint
CREATE FUNCTION sessions_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('portal_sessions', NEW.id_hash);
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- Being used moves the idle end on, which nobody needs to hear of; an end brought forward, or other rights, all must.
CREATE TRIGGER sessions_changed AFTER UPDATE ON sessions FOR EACH ROW
  WHEN (NEW.idle_ends_at < OLD.idle_ends_at OR NEW.ends_at < OLD.ends_at OR (NEW.role, NEW.account_id) IS DISTINCT FROM (OLD.role, OLD.account_id))
  EXECUTE FUNCTION sessions_tell_change();
