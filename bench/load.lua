-- A wrk script. Arguments, in this order:
--   1. "read" or "create"
--   2. path; %012d in it becomes the number of the account, 0 to 49 in turn
--   3. file with one person's cookie in each line ("-" for no cookie)
--   4. file with the request body, for "create"
--   5. eight hex digits that are different in each run, so that no idempotency key is used twice
--   6. the server's origin
-- Each person makes ten calls in a row, as somebody does who opens a page and goes on from there.
local mode, verb, path, bodyHead, bodyTail, runWord
local heads = {}
local sent = 0
local inARow = 10
local accounts = 50

function init(args)
  mode, path = args[1], args[2]
  runWord = args[5]
  local origin = args[6]
  local fixed = "Host: " .. origin:match("//(.*)") .. "\r\n"
  local body = ""
  if mode == "create" then
    local file = assert(io.open(args[4], "rb"))
    body = file:read("*a")
    file:close()
    fixed = fixed .. "Origin: " .. origin .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
  end
  verb = mode == "create" and "POST " or "GET "
  for line in io.lines(args[3]) do
    local person = line == "-" and "" or "Cookie: " .. line .. "\r\n"
    heads[#heads + 1] = " HTTP/1.1\r\n" .. fixed .. person
  end
  bodyHead = "Idempotency-Key: " .. runWord .. "-0000-4000-8000-"
  bodyTail = "\r\n\r\n" .. body
end

function request()
  local head = verb .. string.format(path, sent % accounts) .. heads[math.floor(sent / inARow) % #heads + 1]
  sent = sent + 1
  if mode == "create" then
    return head .. bodyHead .. string.format("%012x", sent) .. bodyTail
  end
  return head .. "\r\n"
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"p50Us":%d,"p99Us":%d,"requests":%d,"durationUs":%d,"failed":%d}\n',
    latency:percentile(50), latency:percentile(99), summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
