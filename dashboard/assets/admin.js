// The pages of administrators: the filter of the log written into the address.
(function () {
  "use strict";

  const here = (window.dash_clientside = window.dash_clientside || {});
  here.liangxin_admin = {
    ask_log(clicks, by, action, from, to, about) {
      if (!clicks) {
        return here.no_update;
      }
      const asked = new URLSearchParams();
      for (const [name, value] of Object.entries({ by, action, from, to, about })) {
        if (value) {
          asked.set(name, value);
        }
      }
      return "?" + asked.toString();
    },
  };
})();
