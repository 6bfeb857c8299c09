/** An image of one pixel, as mail programs put it into messages. */
const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

/** Escapes a text for HTML. */
export const escapeHTML = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * A message as it arrives when support answers by mail: nested divs with inline styles, a table, images (one inside the
 * mail, one on a server far away) and the quoted history below.
 * @param name the name at the end of the message
 * @param quoted the message that is answered, as plain text, and when it was written
 */
export const mailStyleMessage = (
  name: string,
  quoted: { text: string; on: Date },
) => `<div dir="ltr" style="font-family:Arial;font-size:13px">
<div>Hi,</div><div><br></div>
<div>Thank you for your patience. We have traced all three payouts with the receiving bank:</div>
<table border="0" cellpadding="6" style="border-collapse:collapse">
<thead><tr><th align="left">Payout</th><th align="left">Amount</th><th align="left">State</th></tr></thead>
<tbody>
<tr><td>PO-2214</td><td>$1,840.00</td><td><b>Returned</b> (R03, no account)</td></tr>
<tr><td>PO-2215</td><td>$920.50</td><td>Settled</td></tr>
<tr><td>PO-2216</td><td>$2,310.75</td><td><i>Under way</i></td></tr>
</tbody></table>
<div>Please check the account number under <a href="https://dashboard.moov.io/" target="_blank" style="color:#15c">Payouts</a> and tell us when it is right.</div>
<div><img src="${pixel}" width="1" height="1" alt=""><img src="https://mail.moov.example/logo.png" width="120" height="32" alt="Moov"></div>
<div><br></div><div>Best regards,<br><b>${escapeHTML(name)}</b><br><span style="color:#888">Moov Support</span></div>
</div><br>
<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On ${quoted.on.toUTCString()}, the customer wrote:<br></div>
<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex"><div>${escapeHTML(quoted.text)}</div></blockquote></div>`;
