/* The theme's attributes are read by Alpine's build for strict pages: it runs no text as code and sees no global names.
   What the theme's attributes name is given to it here. */
"use strict";

document.addEventListener("alpine:init", function () {
  const remembered = "sidebarDesktopOpen";

  /* What the page's body holds: the open tab and the two side bars. */
  function hubPage(firstTab) {
    return {
      activeTab: firstTab,
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem(remembered) !== "0",
      /* A form keeps its tab in the address; only these words of it, never the window itself. */
      window: {
        location: {
          get pathname() { return window.location.pathname; },
          get search() { return window.location.search; },
        },
      },
      init() {
        this.activeTab = firstTab ? getCurrentTab() || firstTab : "";
        this.$watch(remembered, (open) => localStorage.setItem(remembered, open ? "1" : "0"));
      },
    };
  }

  /* "/" belongs to the palette (static/hub/keys.js), also on a page with a list's own search box. */
  function listSearch() {
    return { applyShortcut() {} };
  }

  const names = { hubPage, theme, searchForm: listSearch };
  for (const [name, maker] of Object.entries(names)) {
    Alpine.data(name, maker);
  }
});
