// @ts-check
/** The tab's title and icon: how much their reader has not seen, for who looks at another tab. */

const READ = "/icon.svg";
const UNREAD = "/icon-unread.svg";

export class Badge {
  #look = "";

  /** @param {{room: string, unreadCount: number}} shown */
  show({ room, unreadCount }) {
    const title = `${unreadCount ? `(${unreadCount}) ` : ""}${room} · Agent Gather`;
    if (title === this.#look) return;
    this.#look = title;
    document.title = title;
    const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
    const wanted = icon?.href.replace(/\/icon(-unread)?\.svg$/, unreadCount ? UNREAD : READ);
    if (icon && wanted && icon.href !== wanted) icon.href = wanted;
  }
}
