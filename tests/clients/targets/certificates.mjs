// Private authorities, and certificates that they issue, made with the openssl program.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const openssl = (folder, ...words) => promisify(execFile)('openssl', words, { cwd: folder })
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** An authority in a folder of its own. */
export class Authority {
  #folder

  static async create (name) {
    const authority = new Authority()
    authority.#folder = await mkdtemp(path.join(tmpdir(), 'authority-'))
    await openssl(authority.#folder, 'req', '-x509', ...NEW_KEY, '-keyout', 'authority.key', '-out', 'authority.pem',
      '-days', '1', '-subj', `/CN=${name}`)
    authority.certificate = await readFile(path.join(authority.#folder, 'authority.pem'), 'utf8')
    return authority
  }

  /** A certificate for a name and its key, both in PEM. */
  async issue (name) {
    await writeFile(path.join(this.#folder, 'names'), `subjectAltName=DNS:${name}\n`)
    await openssl(this.#folder, 'req', ...NEW_KEY, '-keyout', 'own.key', '-out', 'own.csr', '-subj', `/CN=${name}`)
    await openssl(this.#folder, 'x509', '-req', '-in', 'own.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key',
      '-CAcreateserial', '-days', '1', '-extfile', 'names', '-out', 'own.pem')
    const [cert, key] = await Promise.all(['own.pem', 'own.key'].map(file =>
      readFile(path.join(this.#folder, file), 'utf8')))
    return { cert, key }
  }

  remove () {
    return rm(this.#folder, { recursive: true })
  }
}
