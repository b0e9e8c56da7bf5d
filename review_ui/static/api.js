// Talking to the program. Every change carries the CSRF token; when the program was restarted a fresh one is fetched.

const TIMEOUT_MS = 15000;

export class Refused extends Error {
  constructor(status) {
    super(`refused: ${status}`);
    this.status = status;
  }
}

export class Api {
  constructor(csrf, language) {
    this.csrf = csrf;
    this.language = language;
  }

  async get(path, params = {}) {
    const query = new URLSearchParams({ ...params, lang: this.language });
    return read(await fetch(`${path}?${query}`, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
  }

  async post(path, body) {
    let response = await this.#send(path, body);
    if (response.status === 403) {
      this.csrf = (await this.get("/api/session")).csrf;
      response = await this.#send(path, body);
    }
    return read(response);
  }

  #send(path, body) {
    return fetch(`${path}?${new URLSearchParams({ lang: this.language })}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }
}

async function read(response) {
  if (!response.ok) throw new Refused(response.status);
  return response.json();
}
