/* What the pages of members do in the browser alone: "liangxin_members" in ClientsideFunction. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.liangxin_members = {
  /* Names go from the page at once; seeing them again is another look. */
  close_names: function (clicks) {
    return clicks ? null : window.dash_clientside.no_update;
  },
};
