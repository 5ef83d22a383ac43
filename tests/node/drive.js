// Drives the client library as an application would: BASE, SECRET, MEETING and NAME from the environment, one JSON object out.
'use strict'

const bbb = require('bigbluebutton-js')

const { BASE, SECRET, MEETING, NAME } = process.env

async function main() {
  const api = bbb.api(BASE, SECRET)
  const passwords = { attendeePW: 'ap-node', moderatorPW: 'mp-node' }
  const urls = {
    before: api.monitoring.isMeetingRunning(MEETING),
    created: api.administration.create(NAME, MEETING, { ...passwords, welcome: 'Grüße & <b>mehr</b>', record: true }),
    again: api.administration.create(NAME, MEETING, passwords),
    info: api.monitoring.getMeetingInfo(MEETING),
    meetings: api.monitoring.getMeetings(),
    recordings: api.recording.getRecordings({ meetingID: MEETING }),
    ended: api.administration.end(MEETING, 'mp-node'),
  }
  const said = { join: api.administration.join('Ada Löwe', MEETING, 'mp-node', { userID: 'u-node' }) }
  for (const [name, url] of Object.entries(urls)) said[name] = await bbb.http(url)
  process.stdout.write(JSON.stringify(said))
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
