// The worst that the page of one room can do to another in the same browser. Run by test_rooms_cannot_read_one_another.py.
// Every attempt answers what it got hold of, as text; what the browser refuses it raises.
"use strict";

const PATHS = ["", "status", "messages", "brief", "card", "events", "healthz", "openapi.json"];
const MODES = [
  { mode: "cors", credentials: "omit" },
  { mode: "cors", credentials: "same-origin" },
  { mode: "cors", credentials: "include" },
  { mode: "same-origin", credentials: "include" },
  { mode: "no-cors", credentials: "include" },
];

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const loaded = (node) =>
  new Promise((resolve, reject) => {
    node.onload = resolve;
    node.onerror = () => reject(new TypeError("not loaded"));
    document.body.append(node);
  });
const node = (name, attributes) => Object.assign(document.createElement(name), attributes);

/** Put a mark into everything that keeps something for this origin. The same on any page: the test runs it on the victim's. */
const PLANTS = {
  localStorage: (mark) => localStorage.setItem("kept", mark),
  sessionStorage: (mark) => sessionStorage.setItem("kept", mark),
  cookie: (mark) => void (document.cookie = `kept=${mark}; path=/`),
  indexedDB: async (mark) => {
    const opening = indexedDB.open("kept", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    const database = await done(opening);
    await done(database.transaction("kept", "readwrite").objectStore("kept").put(mark, "kept"));
    database.close();
  },
  caches: async (mark) => (await caches.open("kept")).put(`${location.origin}/kept`, new Response(mark)),
  files: async (mark) => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle("kept", { create: true });
    const writing = await file.createWritable();
    await writing.write(mark);
    await writing.close();
  },
};

const RAIDS = {
  localStorage: () => JSON.stringify(localStorage),
  sessionStorage: () => JSON.stringify(sessionStorage),
  cookie: () => document.cookie,
  indexedDB: async () => {
    const found = await indexedDB.databases();
    const database = await done(indexedDB.open("kept"));
    const store = database.transaction("kept").objectStore("kept");
    return JSON.stringify([found, await done(store.getAll())]);
  },
  caches: async () => (await caches.match(`${location.origin}/kept`)).text(),
  files: async () => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle("kept");
    return (await file.getFile()).text();
  },
  // What the tab was before this page: its history, and what is left on the window.
  history: () => JSON.stringify([history.state, window.name, document.referrer]),
  navigation: () => navigation.entries().map((entry) => entry.url).join(" "),
  timing: () => performance.getEntries().map((entry) => entry.name).join(" "),
  // Ways to share an origin with the victim's page, or to stand between it and its room.
  domain: () => {
    const before = document.domain;
    document.domain = before.includes(".") ? before.slice(before.indexOf(".") + 1) : before;
    return self.origin;
  },
  serviceWorker: async (victim) => (await navigator.serviceWorker.register("sw.js")).scope,
  serviceWorkerAbove: async (victim) => (await navigator.serviceWorker.register("sw.js", { scope: victim })).scope,
  sharedWorker: () =>
    new Promise((resolve, reject) => {
      const worker = new SharedWorker("worker.js");
      worker.onerror = () => reject(new TypeError("not started"));
      worker.port.onmessage = ({ data }) => resolve(data);
    }),
  worker: () =>
    new Promise((resolve, reject) => {
      const worker = new Worker("worker.js");
      worker.onerror = () => reject(new TypeError("not started"));
      worker.onmessage = ({ data }) => resolve(data);
    }),
  // Its documents, embedded.
  frame: async (victim) => {
    const frame = node("iframe", { src: victim });
    await loaded(frame);
    return frame.contentWindow.document.documentElement.textContent + frame.contentWindow.location.hash;
  },
  trustedFrame: async (victim) => {
    const frame = node("iframe", { src: victim, sandbox: "allow-scripts allow-same-origin" });
    await loaded(frame);
    return frame.contentWindow.document.documentElement.textContent + frame.contentWindow.sessionStorage.length;
  },
  ownFrame: async () => {
    const frame = node("iframe", { src: "child", sandbox: "allow-scripts allow-same-origin" });
    await loaded(frame);
    return JSON.stringify(frame.contentWindow.localStorage);
  },
  blankFrame: async () => JSON.stringify((document.body.append(node("iframe", {})), frames[frames.length - 1].localStorage)),
  script: async (victim) => (await loaded(node("script", { src: `${victim}messages` })), JSON.stringify(window.messages)),
  style: async (victim) => {
    const sheet = node("link", { rel: "stylesheet", href: `${victim}messages` });
    await loaded(sheet);
    return [...sheet.sheet.cssRules].map((rule) => rule.cssText).join();
  },
  image: async (victim) => {
    const canvas = node("canvas", {});
    const image = node("img", { src: `${victim}icon.svg` });
    await loaded(image);
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL();
  },
};

/** @returns {Promise<{got: string} | {refused: string}>} */
async function attempt(deed) {
  try {
    return { got: String(await deed()) };
  } catch (error) {
    return { refused: error.name };
  }
}

async function attemptAll(deeds, ...given) {
  const outcomes = {};
  for (const [name, deed] of Object.entries(deeds)) outcomes[name] = await attempt(() => deed(...given));
  return outcomes;
}

/** Ask the victim for everything, in every mode, without a token: what may be read of its answers, by "mode credentials path". */
async function readings(victim) {
  const found = {};
  for (const path of PATHS)
    for (const mode of MODES)
      found[`${mode.mode} ${mode.credentials} /${path}`] = await attempt(async () => (await fetch(victim + path, mode)).text());
  found["xhr include /status"] = await attempt(
    () =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("GET", `${victim}status`);
        request.withCredentials = true;
        request.onload = () => resolve(request.responseText);
        request.onerror = () => reject(new TypeError("not read"));
        request.send();
      }),
  );
  return found;
}

/** Write to the victim's room with nothing but what a browser adds by itself. */
async function forge(victim) {
  for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
    const frame = node("iframe", { name: `posted-${enctype}` });
    document.body.append(frame);
    const form = node("form", { method: "post", action: `${victim}messages`, enctype, target: frame.name });
    form.append(node("input", { name: '{"text":"forged","x":"', value: '"}' }), node("input", { name: "text", value: "forged" }));
    const posted = loaded(frame);
    document.body.append(form);
    form.submit();
    await posted;
  }
  const body = '{"text":"forged"}';
  await attempt(() => fetch(`${victim}messages`, { method: "POST", mode: "no-cors", credentials: "include", body }));
  await attempt(() =>
    fetch(`${victim}messages`, { method: "POST", credentials: "include", body, headers: { "Content-Type": "application/json" } }),
  );
  await attempt(() => fetch(`${victim}close`, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }));
  navigator.sendBeacon(`${victim}messages`, new Blob([body], { type: "text/plain" }));
}

/** Everything, with any token that was found in the storage: that is how far a page of the same origin gets. */
const speak = async (victim) => {
  const token = Object.values(sessionStorage).find((value) => value.startsWith("agt_"));
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  await fetch(`${victim}messages`, { method: "POST", headers, body: '{"text":"spoken with a stolen token"}' });
  return (await fetch(`${victim}messages`, { headers })).text();
};

/** What may be read of a window that this page opened, and that shows the victim by now. */
const SPYING = {
  text: () => prey.document.documentElement.textContent,
  hash: () => prey.location.hash,
  href: () => prey.location.href,
  storage: () => JSON.stringify(prey.sessionStorage),
  name: () => prey.name,
  state: () => JSON.stringify(prey.history.state),
  opened: () => prey.opener.location.href && prey.token,
  evaluated: () => prey.eval("document.body.textContent"),
  script: () => prey.document.body.append(node("script", { textContent: "window.spied = 1" })) ?? prey.spied,
  javascript: () => ((prey.location = "javascript:void (opener.loot = document.body.textContent)"), window.loot),
};

/** Have the victim's address in the bar, and wait for somebody to follow an invitation to it. */
function lieInWait(victim) {
  addEventListener("hashchange", () => (window.loot = location.href));
  history.pushState(null, "", victim);
}

function spoof() {
  for (const said of ["token", { token: "agt_spoofed" }, { type: "message", text: "spoofed" }, { event: "closed", reason: "removed" }])
    prey.postMessage(said, "*");
  prey.focus();
}

/** Listen where the victim may speak; `heard` answers once an own word, said after it, has come through. */
function listen() {
  const heard = [];
  const channel = new BroadcastChannel("agentgather");
  addEventListener("storage", (event) => heard.push(event.newValue));
  addEventListener("message", (event) => heard.push(JSON.stringify(event.data)));
  channel.onmessage = ({ data }) => heard.push(data);
  window.heard = async () => {
    const own = new BroadcastChannel("agentgather");
    await new Promise((resolve) => {
      channel.addEventListener("message", ({ data }) => data === "own" && resolve());
      own.postMessage("own");
    });
    return heard.join();
  };
}
