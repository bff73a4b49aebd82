// SPDX-License-Identifier: Apache-2.0

// The page does what the test asks for, one command after the other, and tells of
// all that happens, in order.
'use strict';

const agents = {};
let told = Promise.resolve();

function tell(what, name, more) {
	const event = Object.assign({what, name}, more);
	told = told.then(() => fetch('/event', {method: 'POST', body: JSON.stringify(event)}));
}

const why = (e) => ({cause: e.cause || '', code: e.response ? e.response.status_code : 0, by: e.originator || ''});
const media = {mediaConstraints: {audio: true, video: false}, pcConfig: {iceServers: []}};

function follow(name, session) {
	agents[name].session = session;
	for (const what of ['progress', 'accepted', 'confirmed']) {
		session.on(what, (e) => tell(what, name, {by: e.originator}));
	}
	for (const what of ['ended', 'failed']) {
		session.on(what, (e) => tell(what, name, why(e)));
	}
	session.on('sdp', (e) => tell('sdp', name, {by: e.originator, type: e.type, sdp: e.sdp}));
	session.on('getusermediafailed', (e) => tell('trouble', name, {cause: String(e)}));
	for (const step of ['createofferfailed', 'createanswerfailed', 'setlocaldescriptionfailed', 'setremotedescriptionfailed']) {
		session.on('peerconnection:' + step, (e) => tell('trouble', name, {cause: step + ': ' + e}));
	}
	const watch = (pc) => pc.addEventListener('connectionstatechange', () => tell('media', name, {cause: pc.connectionState}));
	if (session.connection) {
		watch(session.connection);
	} else {
		session.on('peerconnection', (e) => watch(e.peerconnection));
	}
}

const commands = {
	register({name, url, uri, password}) {
		const ua = new JsSIP.UA({sockets: [new JsSIP.WebSocketInterface(url)], uri, password, register: true, session_timers: false});
		agents[name] = {ua};
		ua.on('connected', () => tell('connected', name));
		ua.on('disconnected', (e) => tell('disconnected', name, {code: e.code || 0, cause: e.reason || ''}));
		ua.on('registered', () => tell('registered', name));
		ua.on('unregistered', () => tell('unregistered', name));
		ua.on('registrationFailed', (e) => tell('registrationFailed', name, why(e)));
		ua.on('newRTCSession', (e) => {
			follow(name, e.session);
			tell(e.originator === 'remote' ? 'called' : 'calling', name, {cause: e.request.from.uri.toString()});
		});
		ua.start();
	},
	call({name, target}) {
		agents[name].ua.call(target, media);
	},
	answer({name}) {
		agents[name].session.answer(media);
	},
	hangUp({name}) {
		agents[name].session.terminate();
	},
	// INVITE within the dialog, with another session description.
	hold({name}) {
		agents[name].session.hold();
	},
	stop({name}) {
		agents[name].ua.stop();
	},
};

async function obey() {
	for (;;) {
		const command = await (await fetch('/command')).json();
		try {
			commands[command.do](command);
		} catch (e) {
			tell('trouble', command.name, {cause: String(e)});
		}
	}
}

addEventListener('load', () => {
	tell('loaded', '', {cause: JsSIP.version});
	obey().catch(() => {}); // the test is over
});
