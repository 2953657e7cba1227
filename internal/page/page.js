
(function () {
  var due = Date.parse(document.getElementById("written").dataset.due);
  function look() { document.getElementById("old").hidden = !(Date.now() > due); }
  look();
  setInterval(look, 10000);
})();
