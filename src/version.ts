/** The version of Cairn, for what is written down by it; a test keeps it that of package.json. */

export const CAIRN_VERSION = '0.1.0';
