/** The page: signs in, then joins the list, the live updates, the uploads and the open document. */

import { Api } from "./api.js";
import { Desk } from "./desk.js";
import { byId, setText } from "./dom.js";
import * as session from "./session.js";

const NOTICE = `notice:${location.pathname}`;

let leaving = false;

/** Back to the sign-in form. Loading anew leaves nothing of the documents in the tab. */
function leave(notice = "") {
  if (leaving) return;
  leaving = true;
  session.forget();
  sessionStorage.setItem(NOTICE, notice);
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

function enter(signedIn) {
  byId("sign-in").hidden = true;
  byId("desk").hidden = false;
  setText(byId("tenant"), signedIn.tenant ?? "");
  const expired = () => leave("Your session has ended. Sign in again to go on.");
  session.watchExpiry(signedIn, expired);
  const desk = new Desk(new Api(signedIn.token, expired), signedIn.token);
  byId("sign-out").addEventListener("click", () => leave());
  addEventListener("beforeunload", (event) => {
    if (desk.busy && !leaving) event.preventDefault();
  });
  desk.start();
}

async function signIn(credentials) {
  const signedIn = await new Api().signIn(credentials);
  session.keep(signedIn);
  return signedIn;
}

function askForKey(notice) {
  const form = byId("sign-in-form");
  const field = byId("access-key");
  const button = form.querySelector("button");
  byId("sign-in").hidden = false;
  setText(byId("sign-in-error"), notice);
  field.focus();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    setText(byId("sign-in-error"), "");
    try {
      enter(await signIn({ key: field.value }));
    } catch (error) {
      setText(byId("sign-in-error"), error.message);
      field.select();
    } finally {
      button.disabled = false;
      field.value = byId("desk").hidden ? field.value : "";
    }
  });
}

async function start() {
  let notice = sessionStorage.getItem(NOTICE) ?? "";
  sessionStorage.removeItem(NOTICE);
  const credentials = session.takeKey();
  if (credentials) {
    session.forget();
    try {
      enter(await signIn(credentials));
      return;
    } catch (error) {
      notice = error.message;
    }
  }
  const kept = session.current();
  if (kept) enter(kept);
  else askForKey(notice);
}

/** A key put into the address of an open page signs in anew. */
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#key=")) location.reload();
});

start();
