"use strict";

// Sends the one form of a page that is only passed through; without this script its button does.
document.querySelector("form[data-forward]")?.submit();
