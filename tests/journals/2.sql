-- A journal of schema 2, as its build wrote it, after kill -9: ada's timer is paused with her own token, grace's
-- as a stop that is remembered; ada has a run that waits two hours. Answers are cut, and run 7, which
-- waits for its `at`, was added by hand. Times are those of 2026-11-28 00:14 UTC.
BEGIN TRANSACTION;
CREATE TABLE attempt( id INTEGER PRIMARY KEY, call INTEGER NOT NULL REFERENCES call(id), request TEXT NOT NULL, body TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, verdict TEXT NOT NULL) STRICT;
INSERT INTO "attempt" VALUES(1,1,'GET /tasks/key/KEY-123','',1795824852586,1795824852587,200,'{}','ok');
INSERT INTO "attempt" VALUES(2,1,'GET /typeofwork?page=1&pageSize=1000','',1795824852587,1795824852587,200,'{}','ok');
INSERT INTO "attempt" VALUES(3,1,'GET /users/6a2c1d3e-0000-4000-8000-000000000001/timeentries/last','',1795824852587,1795824852588,204,'','ok');
INSERT INTO "attempt" VALUES(4,1,'POST /users/6a2c1d3e-0000-4000-8000-000000000001/timetracking/start','{"timezone":"Europe/Berlin","typeOfWorkId":"7b000000-0000-4000-8000-000000000001","taskId":"9d000000-0000-4000-8000-000000000123","note":"first"}',1795824852588,1795824852589,200,'{}','done');
INSERT INTO "attempt" VALUES(5,3,'GET /tasks/key/AW-117','',1795824852609,1795824852610,200,'{}','ok');
INSERT INTO "attempt" VALUES(6,3,'GET /users/6a2c1d3e-0000-4000-8000-000000000002/timeentries/last','',1795824852610,1795824852611,204,'','ok');
INSERT INTO "attempt" VALUES(7,3,'POST /users/6a2c1d3e-0000-4000-8000-000000000002/timetracking/start','{"timezone":"Europe/Berlin","typeOfWorkId":"7b000000-0000-4000-8000-000000000001","taskId":"9d000000-0000-4000-8000-000000000117","note":"second"}',1795824852611,1795824852611,200,'{}','done');
INSERT INTO "attempt" VALUES(8,5,'GET /users/6a2c1d3e-0000-4000-8000-000000000002/timeentries/last','',1795824852632,1795824852633,200,'{}','ok');
INSERT INTO "attempt" VALUES(9,5,'POST /users/6a2c1d3e-0000-4000-8000-000000000002/timetracking/stop','{}',1795824852633,1795824852634,200,'{}','done');
INSERT INTO "attempt" VALUES(10,6,'GET /users/6a2c1d3e-0000-4000-8000-000000000001/timeentries/last','',1795824852656,1795824852657,200,'{}','ok');
INSERT INTO "attempt" VALUES(11,6,'POST /users/6a2c1d3e-0000-4000-8000-000000000001/timetracking/pause','',1795824852657,1795824852658,200,'{}','done');
CREATE TABLE call( id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), event INTEGER NOT NULL, rule TEXT NOT NULL, person TEXT NOT NULL, step INTEGER NOT NULL, action TEXT NOT NULL, args TEXT NOT NULL, condition TEXT NOT NULL, state INTEGER NOT NULL, due_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL, progress TEXT NOT NULL, reason TEXT NOT NULL, UNIQUE(run, step)) STRICT;
INSERT INTO "call" VALUES(1,1,1,'track-branch','ada',0,'start','{"task":"KEY-123","note":"first"}','',2,1795824852589,1795824852586,1795824852589,1795825752586,4,'{"turn":"act","task":"9d000000-0000-4000-8000-000000000123","task_read":true,"task_kind":"7b000000-0000-4000-8000-000000000001","listed":true,"kind":"7b000000-0000-4000-8000-000000000001","op":"start","seen":"","seen_start":"","seen_by":"","sent":{"timezone":"Europe/Berlin","typeOfWorkId":"7b000000-0000-4000-8000-000000000001","taskId":"9d000000-0000-4000-8000-000000000123","note":"first"}}','');
INSERT INTO "call" VALUES(2,1,1,'track-branch','ada',1,'log','{"text":"ada on KEY-123"}','',2,1795824852589,1795824852586,1795824852589,1795911252586,0,'{}','');
INSERT INTO "call" VALUES(3,2,2,'track-branch','grace',0,'start','{"task":"AW-117","note":"second"}','',2,1795824852611,1795824852609,1795824852611,1795825752609,3,'{"turn":"act","task":"9d000000-0000-4000-8000-000000000117","task_read":true,"task_kind":"7b000000-0000-4000-8000-000000000001","kind":"7b000000-0000-4000-8000-000000000001","op":"start","seen":"","seen_start":"","seen_by":"","sent":{"timezone":"Europe/Berlin","typeOfWorkId":"7b000000-0000-4000-8000-000000000001","taskId":"9d000000-0000-4000-8000-000000000117","note":"second"}}','');
INSERT INTO "call" VALUES(4,2,2,'track-branch','grace',1,'log','{"text":"grace on AW-117"}','',2,1795824852611,1795824852609,1795824852611,1795911252609,0,'{}','');
INSERT INTO "call" VALUES(5,3,3,'pause-when-idle','grace',0,'pause','{}','{"timer":["running"]}',2,1795824852634,1795824852632,1795824852634,1795825752632,2,'{"turn":"act","op":"stop","seen":"833493d9-ac9d-4e05-823e-522192c596b5","seen_start":"2026-11-28T00:14:12.6114752","seen_by":"track-branch","sent":{}}','');
INSERT INTO "call" VALUES(6,4,4,'pause-when-idle','ada',0,'pause','{}','{"timer":["running"]}',2,1795824852658,1795824852656,1795824852658,1795825752656,2,'{"turn":"act","op":"pause","own":true,"seen":"5e902303-9c31-444e-93aa-4de4e0b3a50f","seen_start":"2026-11-28T00:14:12.5890428","seen_by":"track-branch","sent":null}','');
INSERT INTO "call" VALUES(7,6,6,'plan-ahead','ada',0,'start','{"task":"KEY-7"}','',3,1795824852686,1795824852686,1795824852686,1772442900000,0,'{}','expired: due 2026-03-02 10:00:00, now 2026-11-28 01:14:12');
CREATE TABLE dedup(event INTEGER PRIMARY KEY, keys BLOB NOT NULL) STRICT;
INSERT INTO "dedup" VALUES(1,X'B65186CFDF0DDB17F8FD0C1E36C7F242E8B2AF1E32CC81DA2E8ECEEA1D6B4CFD');
INSERT INTO "dedup" VALUES(2,X'A55100C7060A4FF839BF17DBF46F62CC6CAA9101715D937A5E467DBA15580157');
INSERT INTO "dedup" VALUES(3,X'C1F0A38C7A91A53EEFF0F9C7515A8DE1');
INSERT INTO "dedup" VALUES(4,X'52B197EA96E56FA28EEFDE91082FAC3F');
INSERT INTO "dedup" VALUES(5,X'FC52C96D04CBEDB0029F5A0885B7B4FA');
INSERT INTO "dedup" VALUES(6,X'6072B60E9430D809BC2AA2D398B7648B');
CREATE TABLE event( seq INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, verdict INTEGER NOT NULL, codec INTEGER NOT NULL, reason TEXT NOT NULL, used TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
INSERT INTO "event" VALUES(1,1795824852586,'github','push','ada-l-KEY-123-first-0',0,0,'','{"event.ref":"refs/heads/feat/KEY-123-x","event.user":"github:ada-l","event.head_commit.message":"first"}',X'');
INSERT INTO "event" VALUES(2,1795824852609,'github','push','ghopper-AW-117-second-0',0,0,'','{"event.ref":"refs/heads/feat/AW-117-x","event.user":"github:ghopper","event.head_commit.message":"second"}',X'');
INSERT INTO "event" VALUES(3,1795824852632,'desktop','idle','idle_started-grace-13262886532410',0,0,'','{"event.user":"grace"}',X'');
INSERT INTO "event" VALUES(4,1795824852655,'desktop','idle','idle_started-ada-13262909717291',0,0,'','{"event.user":"ada"}',X'');
INSERT INTO "event" VALUES(5,1795824852679,'calendar','meeting_ended','MEETING_ENDED/m1/2026-03-02T09:00:00Z/2026-03-02T09:15:00Z',0,0,'','{"event.attendees":["ada@example.org"],"event.user":["ada@example.org"]}',X'');
INSERT INTO "event" VALUES(6,1795824852686,'calendar','created','BOOKING_CREATED/m3/2026-03-02T09:00:00Z/2026-03-02T09:15:00Z',0,0,'','{"event.attendees":["ada@example.org"],"event.uid":"m3","event.start":"2026-03-02T09:00:00Z"}',X'');
CREATE TABLE mark( kind TEXT NOT NULL, rule TEXT NOT NULL, person TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(kind, rule, person, key)) STRICT, WITHOUT ROWID;
INSERT INTO "mark" VALUES('throttle','plan-ahead','ada','m3','',1795835652686);
CREATE TABLE run( id INTEGER PRIMARY KEY, event INTEGER NOT NULL, rule TEXT NOT NULL, person TEXT NOT NULL, key TEXT NOT NULL, state INTEGER NOT NULL, due_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, condition TEXT NOT NULL, vars TEXT NOT NULL, reason TEXT NOT NULL, dated INTEGER NOT NULL DEFAULT 0, UNIQUE(event, rule, person, key)) STRICT;
INSERT INTO "run" VALUES(1,1,'track-branch','ada','ada',2,1795824852586,1795824852589,'','{"match.task":"KEY-123","event.head_commit.message":"first"}','',0);
INSERT INTO "run" VALUES(2,2,'track-branch','grace','grace',2,1795824852609,1795824852611,'','{"match.task":"AW-117","event.head_commit.message":"second"}','',0);
INSERT INTO "run" VALUES(3,3,'pause-when-idle','grace','grace',2,1795824852632,1795824852634,'{"timer":["running"]}','{}','',0);
INSERT INTO "run" VALUES(4,4,'pause-when-idle','ada','ada',2,1795824852656,1795824852658,'{"timer":["running"]}','{}','',0);
INSERT INTO "run" VALUES(5,5,'stop-after-meeting','ada','ada',0,1795832052679,1795824852679,'{"timer":["running"]}','{}','',0);
INSERT INTO "run" VALUES(6,6,'plan-ahead','ada','m3',2,1772442000000,1795824852686,'','{"event.start":"2026-03-02T09:00:00Z"}','',1);
INSERT INTO "run" VALUES(7,6,'plan-ahead','grace','m4',0,1795910400000,1795824852686,'','{}','',1);
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "setting" VALUES('clock.reached','1795824852556');
INSERT INTO "setting" VALUES('rules.since','112ac61a7729743f 1795824852556 *
f71b8848b3c29f18 1795824852556 track-branch
93c0ec701914f0c3 1795824852556 stop-after-meeting
529ad98760ec4680 1795824852556 pause-when-idle
3272845bc2ecff99 1795824852556 resume-on-return
c4bf8655eaceae47 1795824852556 plan-ahead
');
INSERT INTO "setting" VALUES('store.clean','0');
CREATE TABLE timer( person TEXT PRIMARY KEY, entry TEXT NOT NULL, started_by TEXT NOT NULL, paused_by TEXT NOT NULL, memo TEXT NOT NULL, changed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "timer" VALUES('ada','5e902303-9c31-444e-93aa-4de4e0b3a50f','track-branch','pause-when-idle','',1795824852658);
INSERT INTO "timer" VALUES('grace','833493d9-ac9d-4e05-823e-522192c596b5','track-branch','pause-when-idle','{"timezone":"Europe/Berlin","typeOfWorkId":"7b000000-0000-4000-8000-000000000001","taskId":"9d000000-0000-4000-8000-000000000117","projectId":"8c000000-0000-4000-8000-000000000005","note":"second","isBillable":false}',1795824852634);
CREATE INDEX run_waiting ON run(rule, key, person) WHERE state=0;
CREATE INDEX run_acting ON run(rule, key, person) WHERE state=1;
CREATE INDEX run_due ON run(due_ms) WHERE state=0;
CREATE INDEX call_open ON call(person) WHERE state<2;
CREATE INDEX call_dead ON call(id) WHERE state=4;
CREATE INDEX attempt_call ON attempt(call);
CREATE INDEX mark_until ON mark(kind, until_ms);
COMMIT;
