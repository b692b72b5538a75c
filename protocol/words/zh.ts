import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': '请进入画面',
    'several-faces': '请只留一个人',
    'move-closer': '请靠近一点',
    'move-back': '请后退一点',
    'centre-face': '请移到中间',
    'look-straight': '请正视前方',
    'hold-still': '请保持不动',
    'too-dark': '请让面部更亮一些',
    'too-bright': '请让面部光线柔和一些',
    'face-covered': '请露出面部',
    'turn-camera': '请把摄像头转正',
    'no-colour': '摄像头没有显示颜色',
    'open-eyes': '请睁开眼睛',
    'do-challenge': '请跟随提示',
    'again-slower': '再做一次，慢一点',
    wait: '请稍候',
    'connection-slow': '网络较慢，请稍候',
    'service-slow': '服务较慢，请稍候',
  },
  challenge: {
    blink: '请眨一次眼',
    'turn-left': '请向左转头',
    'turn-right': '请向右转头',
    'look-up': '请抬头',
    'look-down': '请低头',
    smile: '请微笑',
    'open-mouth': '请张嘴',
    'come-closer': '请靠近一些',
  },
};
