/** Gives every test file an empty IndexedDB. */
import 'fake-indexeddb/auto'
