extension GroupsPage {
    /// Polls the groups each second and shows them; elements are kept, so that nothing flickers and
    /// a reader keeps her place.
    static let script = #"""
        "use strict";
        const pollMilliseconds = 1000;
        const unknown = "–";

        // Text from members: without what could hide letters or turn their order round.
        const visible = (text) => String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
        const isKnown = (value) => typeof value === "number" && Number.isFinite(value);
        const put = (element, text) => {
          if (element.textContent !== text) element.textContent = text;
        };
        const set = (element, name, value) => {
          if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
        };

        const threeDigits = (value) => {
          const size = Math.abs(value);
          if (size === 0) return "0";
          return value.toFixed(size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
        };
        const bytes = (count) => {
          const units = [["PB", 1e15], ["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];
          for (const [unit, size] of units) {
            if (count >= size * 0.9995) return threeDigits(count / size) + " " + unit;
          }
          return Math.round(count) + " B";
        };
        const duration = (seconds) => {
          if (seconds < 0.9995) return Math.round(Math.max(seconds, 0) * 1000) + " ms";
          if (seconds < 99.95) return threeDigits(seconds) + " s";
          const whole = Math.floor(seconds);
          if (whole < 3600) return Math.floor(whole / 60) + " min " + whole % 60 + " s";
          return Math.floor(whole / 3600) + " h " + Math.floor(whole / 60) % 60 + " min";
        };
        const milliseconds = (value) => duration(value / 1000);
        const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");

        const isOver = (group) => group.state === "done" || group.state === "aborted";
        const total = (group, field) =>
          group.members.reduce((sum, member) => sum + member.progress[field], 0);
        const longestPause = (group) => Math.max(
          0,
          ...group.members.filter((member) => member.state !== "failed")
            .map((member) => member.progress["pause-milliseconds"]),
        );
        const arrival = (group) => {
          if (group.state === "done") return "all arrived";
          if (group.state === "aborted") return "not together";
          if (group.state === "released") return "now";
          const seconds = group["seconds-to-stop"];
          if (!isKnown(seconds)) return "not known yet";
          return "in " + duration(seconds + longestPause(group) / 1000);
        };
        // How much of all that is known to be needed has been sent.
        const percent = (member) => {
          if (member.state === "done") return 100;
          const sent = member.progress["bytes-transferred"];
          const all = sent + member.progress["bytes-remaining"];
          return all > 0 ? Math.floor(Math.min(Math.max(sent / all, 0), 1) * 100) : 0;
        };

        const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
        const part = (element, name) => element.querySelector("." + name);

        const showMember = (row, member) => {
          const progress = member.progress;
          const name = visible(member.domain);
          put(part(row, "domain"), name);
          put(part(row, "host"), "from " + visible(member.host));
          const isLost = !member.connected && member.state !== "done" && member.state !== "failed";
          set(row, "data-state", isLost ? "lost" : member.state);
          put(part(row, "state"), member.state + (isLost ? ", connection lost" : ""));
          put(part(row, "why"), visible(member.reason));
          const share = percent(member);
          const bar = part(row, "bar");
          set(bar, "aria-valuenow", share);
          set(bar, "aria-label", name + ": sent");
          set(bar, "aria-valuetext", share + " %, " + bytes(progress["bytes-remaining"]) + " to send");
          part(bar, "fill").style.width = share + "%";
          put(part(row, "percent"), share + " %");
          put(part(row, "round"), "round " + progress.round);
          put(part(row, "sent"), bytes(progress["bytes-transferred"]));
          put(part(row, "remaining"), bytes(progress["bytes-remaining"]));
          const rate = progress["bytes-per-second"];
          put(part(row, "rate"), rate > 0 ? threeDigits(rate * 8 / 1e6) + " Mbit/s" : unknown);
          put(part(row, "pause"), milliseconds(progress["pause-milliseconds"]));
          const decision = member.decision;
          put(part(row, "told"), decision ? decision.decision : unknown);
          set(part(row, "told"), "title", decision ? visible(decision.reason) : "");
        };

        const showGroup = (section, group) => {
          const name = visible(group.application);
          put(part(section, "application"), name);
          put(part(section, "number"), "group " + group.group);
          set(section, "data-state", group.state);
          set(section, "aria-label", name);
          set(part(section, "scroll"), "aria-label", "Members of " + name);
          put(part(section, "badge"), group.state);
          put(part(section, "why"), visible(group.reason));
          put(part(section, "arrival"), arrival(group));
          const expected = group["expected-members"];
          const count = String(group.members.length);
          put(part(section, "count"), isKnown(expected) ? count + " of " + expected : count);
          put(part(section, "sent"), bytes(total(group, "bytes-transferred")));
          put(part(section, "remaining"), bytes(total(group, "bytes-remaining")));
          put(part(section, "pause"), milliseconds(longestPause(group)));
          const skew = group["skew-milliseconds"];
          put(part(section, "skew"), isKnown(skew) ? milliseconds(skew) : unknown);
          put(part(section, "started"), clock(group["start-time"]));
          const rows = part(section, "scroll").querySelector("tbody");
          while (rows.children.length > group.members.length) rows.lastElementChild.remove();
          group.members.forEach((member, index) => {
            if (index === rows.children.length) rows.append(copy("member-template"));
            showMember(rows.children[index], member);
          });
        };

        // The newest group of each application: first those that still move, then the newest.
        const chosen = (groups) => {
          const newest = new Map();
          for (const group of groups) {
            const other = newest.get(group.application);
            if (!other || other.group < group.group) newest.set(group.application, group);
          }
          return [...newest.values()].sort(
            (a, b) => isOver(a) - isOver(b) || b["start-time"] - a["start-time"],
          );
        };

        const sections = new Map();
        const show = (groups) => {
          const main = document.getElementById("groups");
          const shown = chosen(groups);
          const keys = new Set(shown.map((group) => group.application));
          for (const [key, section] of sections) {
            if (!keys.has(key)) {
              section.remove();
              sections.delete(key);
            }
          }
          shown.forEach((group, index) => {
            if (!sections.has(group.application)) {
              sections.set(group.application, copy("group-template"));
            }
            const section = sections.get(group.application);
            if (main.children[index] !== section) main.insertBefore(section, main.children[index] ?? null);
            showGroup(section, group);
          });
          const states = new Map();
          for (const group of shown) states.set(group.state, (states.get(group.state) ?? 0) + 1);
          const counts = [...states].map(([state, count]) => count + " " + state).join(", ");
          put(document.getElementById("summary"), counts || "No group is known.");
          const earlier = groups.length - shown.length;
          put(document.getElementById("earlier"), earlier > 0 ? earlier + " earlier groups are not shown." : "");
        };

        let lastTime = "";
        const poll = async () => {
          try {
            const answer = await fetch("groups.json", { cache: "no-store" });
            if (!answer.ok) throw new Error("status " + answer.status);
            show((await answer.json()).groups);
            lastTime = clock(Date.now() / 1000);
            document.body.classList.remove("lost");
            put(document.getElementById("updated"), "as of " + lastTime);
          } catch (error) {
            console.error(error);
            document.body.classList.add("lost");
            put(document.getElementById("summary"), "The coordinator does not answer.");
            put(document.getElementById("updated"), lastTime && "This is how it was at " + lastTime + ".");
          }
          setTimeout(poll, pollMilliseconds);
        };
        poll();
        """#
}
