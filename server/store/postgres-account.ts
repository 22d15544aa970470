import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "#shared/errors.ts";

/** A user of this machine, as `/etc/passwd` has it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CAP_DAC_OVERRIDE = 1n;
const CAP_DAC_READ_SEARCH = 2n;

/**
 * The user PostgreSQL must run as, or undefined for the user of this program. PostgreSQL refuses to
 * run as root, so root hands it to the owner of the data, or to `postgres`, or to `nobody`.
 */
export function chooseAccount(dataOwner: number | undefined): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  const found =
    dataOwner === undefined || dataOwner === 0
      ? (accounts.find(({ name }) => name === "postgres") ??
        accounts.find(({ name }) => name === "nobody"))
      : accounts.find(({ uid }) => uid === dataOwner);
  if (found !== undefined) return found;
  throw new AppError(
    "database_unavailable",
    dataOwner === undefined || dataOwner === 0
      ? "PostgreSQL does not run as root, and there is neither a user 'postgres' nor a user 'nobody'; create one, or start the server as an ordinary user"
      : `the data belongs to user id ${dataOwner}, which this machine does not know; create this user, or start the server as an ordinary user`,
  );
}

function readAccounts(): Account[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid = "", gid = ""]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name }) => name !== "");
}

/**
 * Whether the account may enter the directory and all above it, by their mode bits. Access lists
 * are not looked at.
 */
export function canEnter(account: Account, directory: string): boolean {
  for (let at = directory; allowsEntry(account, statSync(at)); at = dirname(at)) {
    if (at === dirname(at)) return true;
  }
  return false;
}

function allowsEntry(
  { uid, gid }: Account,
  stat: { readonly uid: number; readonly gid: number; readonly mode: number },
): boolean {
  const shift = stat.uid === uid ? 6 : stat.gid === gid ? 3 : 0;
  return ((stat.mode >> shift) & 1) === 1;
}

/**
 * The least capability of this process that lets another user pass directories closed to it, by
 * setpriv's name for it. Undefined if the process has none, as in a container without them.
 */
export function reachingCapability(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  const effective = BigInt(`0x${line?.[1] ?? "0"}`);
  if ((effective >> CAP_DAC_READ_SEARCH) & 1n) return "dac_read_search";
  if ((effective >> CAP_DAC_OVERRIDE) & 1n) return "dac_override";
  return undefined;
}
