/** By this name the browser is asked to wake the app once there is a network (shell.ts), and says so (sw.ts). */
export const SEND_TAG = 'xunlu-send'
