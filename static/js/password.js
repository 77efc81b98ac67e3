// Beside a password field: a button that shows it and, where a new one is chosen, how good it looks so far.
// Nothing is sent anywhere while somebody types; what counts is what the server says after the form is sent.
"use strict";

const KEYBOARD_ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const SHORTEST_WORD = 4;
const PAUSE_BEFORE_SAYING = 400;

function isNext(before, letter) {
  const inRow = (row) => row.includes(before + letter) || row.includes(letter + before);
  return before === letter || KEYBOARD_ROWS.some(inRow);
}

// Characters that a guesser has to guess: one that repeats or continues the one before it is free.
function unforeseen(text) {
  const letters = [...text.toLowerCase()];
  const own = letters.filter((letter, index) => index === 0 || !isNext(letters[index - 1], letter));
  const repeated = text.slice(0, (text + text).indexOf(text, 1));
  return Math.min(own.length, new Set(letters).size * 2, repeated === text ? Infinity : repeated.length);
}

function knownWords(field, strength) {
  const address = field.form.querySelector("[autocomplete~=username]");
  const texts = [strength.dataset.site, address ? address.value : ""];
  return texts.flatMap((text) => text.toLowerCase().split(/[^\p{L}]+/u)).filter((word) => word.length >= SHORTEST_WORD);
}

function judge(field, strength) {
  const least = Number(field.dataset.least);
  const length = [...field.value].length;
  const said = strength.dataset;
  const word = knownWords(field, strength).find((known) => field.value.toLowerCase().includes(known));
  if (length < least) {
    return [Math.min(1, length / least), said.short.replace("%n", least - length)];
  }
  if (word) {
    return [1, said.word.replace("%w", word)];
  }
  const surprise = unforeseen(field.value);
  if (surprise < least * 0.6) {
    return [2, said.plain];
  }
  return surprise < least * 1.25 ? [3, said.good] : [4, said.strong];
}

function watch(field, strength) {
  const [meter, words] = [strength.querySelector("meter"), strength.querySelector("[aria-live]")];
  let pause;
  field.addEventListener("input", () => {
    const [value, text] = judge(field, strength);
    strength.hidden = field.value === "";
    meter.value = value;
    clearTimeout(pause);
    pause = setTimeout(() => (words.textContent = field.value && text), PAUSE_BEFORE_SAYING);
  });
}

function offerToShow(field, button) {
  const show = (visible) => {
    field.type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", String(visible));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  // Browsers remember what was typed into a text field.
  field.form.addEventListener("submit", () => show(false));
}

for (const field of document.querySelectorAll("input[type=password]")) {
  const inside = field.closest(".field");
  const [button, strength] = [inside.querySelector("[data-reveal]"), inside.querySelector("[data-strength]")];
  if (button) offerToShow(field, button);
  if (strength) watch(field, strength);
}
