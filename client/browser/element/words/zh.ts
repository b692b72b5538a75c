import { zh as guidance } from '@veriframe/protocol/words';
import type { Words } from './words.ts';

export const zh: Words = {
  direction: 'ltr',
  label: '人脸核验',
  start: {
    verify: '确认是您本人',
    enrol: '设置您的面容',
    identify: '用面容进入',
    what: '请看着摄像头，然后做几个小动作。',
    howLong: '大约需要十五秒。',
    retention: '我们只保存加密模板，不保存照片。',
    button: '开始',
    camera: '摄像头',
    colours: '画面四周的颜色会变换几秒钟。如果变换的光线对您有害，请选择不使用。',
    withoutColours: '不使用颜色',
    key: '本设备可能要求您验证指纹、面容或密码。',
  },
  permission: { title: '请允许使用摄像头', text: '浏览器正在询问。画面只用于本次核验。' },
  connecting: '正在准备',
  confirmOnDevice: '请在本设备上确认',
  phase: {
    hello: '正在准备',
    positioning: '请看摄像头',
    challenging: '请继续看这里',
    matching: '马上就好',
    decided: '马上就好',
  },
  hint: { ...guidance.hint, 'no-face': '请进入椭圆框' },
  challenge: guidance.challenge,
  challengeOf: '第 {number} 步，共 {of} 步。',
  passed: {
    verify: { title: '已确认是您', text: '您可以继续了。' },
    enrol: { title: '面容已设置好', text: '现在就可以使用。' },
    identify: { title: '欢迎', text: '您可以继续了。' },
  },
  failed: {
    reject: { title: '未能确认是您本人', text: '您可以再试一次，或使用其他方式。' },
    're-verify': { title: '我们需要再看一次', text: '请在均匀的光线下面对摄像头，再试一次。' },
  },
  slow: {
    connection: { title: '网络连接太慢', text: '这不是您的问题。请靠近 Wi-Fi 或换一个网络，然后再试一次。' },
    service: { title: '服务太慢', text: '这不是您的问题。请稍候，然后再试一次。' },
  },
  missing: {
    possession: { title: '本设备在此尚未登记', text: '请先用其他方式登录，然后添加本设备。' },
    capture: { title: '此摄像头不能在此使用', text: '请使用其他方式。' },
  },
  otherWay: '请使用其他方式。',
  enrolFailed: { title: '未能设置您的面容', text: '请在均匀的光线下面对摄像头，再试一次。' },
  enrolRefused: { title: '无法在此添加您的面部', text: '如果您已有账户，请登录该账户，或使用其他方式。' },
  denied: { title: '此页面的摄像头已关闭', text: '请在地址栏旁或设置中允许，然后再试。' },
  offline: { title: '您已离线', text: '请连接网络，然后再试。' },
  error: {
    camera: { title: '摄像头不可用', text: '请确认已连接摄像头，并且没有其他程序在使用它。' },
    busy: { title: '现在人有点多', text: '请稍等片刻，然后再试。' },
    other: { title: '连接中断了', text: '没有丢失任何内容，您可以重新开始。' },
    final: { title: '此处无法使用', text: '请换一个浏览器，或使用其他方式。' },
  },
  retry: '再试一次',
  skip: '我做不了这个动作',
  cancel: '取消',
};
