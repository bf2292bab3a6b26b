// Nothing on a page depends on this file; it only adds. Old syntax on purpose: it must not fail in an
// engine that is behind.
(function () {
  'use strict';
  function each(selector, work) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), work);
  }

  each('[data-show]', function (button) {
    var field = document.getElementById(button.getAttribute('data-show'));
    var words = {
      password: [button.textContent, button.getAttribute('aria-label')],
      text: [button.getAttribute('data-hide'), button.getAttribute('data-hide-long')]
    };
    function set(type) {
      field.type = type;
      button.textContent = words[type][0];
      button.setAttribute('aria-label', words[type][1]);
    }
    button.hidden = false;
    button.addEventListener('click', function () {
      set(field.type === 'password' ? 'text' : 'password');
      field.focus();
    });
    // Sent as a password, or the browser would remember it as plain text.
    field.form.addEventListener('submit', function () { set('password'); });
  });

  if (navigator.clipboard) {
    each('[data-copy]', function (button) {
      button.hidden = false;
      button.addEventListener('click', function () {
        var text = document.getElementById(button.getAttribute('data-copy')).textContent;
        navigator.clipboard.writeText(text).then(function () {
          button.textContent = button.getAttribute('data-copied');
        });
      });
    });
  }

  // A double click sends a form once: the answer to a second one would hide the answer to the first.
  each('form', function (form) {
    var sent = 0;
    form.addEventListener('submit', function (event) {
      if (event.timeStamp - sent < 4000 && sent) { event.preventDefault(); return; }
      sent = event.timeStamp;
    });
    window.addEventListener('pageshow', function () { sent = 0; });
  });

  each('form[data-send]', function (form) { form.submit(); });
})();
