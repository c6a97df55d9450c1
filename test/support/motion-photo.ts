import { FLOWER } from './photos.js';

/** Something like a video: an MP4's first box, then bytes. */
export function videoOf(length: number): Buffer {
  const video = Buffer.alloc(length, 0x5a);
  video.writeUInt32BE(24, 0);
  video.write('ftypmp42', 4, 'latin1');
  return video;
}

const XMP = 'http://ns.adobe.com/xap/1.0/\0';

/** A segment of a JPEG. @param marker its second byte */
export function jpegSegment(marker: number, data: string | Buffer): Buffer {
  const content = Buffer.from(data as string, 'latin1');
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** A JPEG with a segment put right behind its start. */
export function withSegment(jpeg: Buffer, segment: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/** The XMP of a motion photo as Google's camera writes it, by the Motion Photo format 1.0. */
export function motionPhotoXmp(videoBytes: number): Buffer {
  const item = (attributes: string): string =>
    `<rdf:li rdf:parseType="Resource"><Container:Item ${attributes}/></rdf:li>`;
  return jpegSegment(
    0xe1,
    `${XMP}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
      `<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:Container="http://ns.google.com/photos/1.0/container/"` +
      ` xmlns:Item="http://ns.google.com/photos/1.0/container/item/" GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1">` +
      `<Container:Directory><rdf:Seq>${item('Item:Mime="image/jpeg" Item:Semantic="Primary"')}` +
      `${item(`Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="${videoBytes}"`)}</rdf:Seq></Container:Directory>` +
      `</rdf:Description></rdf:RDF></x:xmpmeta>`,
  );
}

/** A motion photo, and the picture of it alone. */
export function motionPhoto(videoBytes: number, jpeg = FLOWER()): { file: Buffer; picture: Buffer } {
  const picture = withSegment(jpeg, motionPhotoXmp(videoBytes));
  return { file: Buffer.concat([picture, videoOf(videoBytes)]), picture };
}

/** What Samsung's camera puts behind a picture: a block of one video and the index of the blocks. */
export function samsungTrailer(videoBytes: number): Buffer {
  const name = 'MotionPhoto_Data';
  const head = Buffer.alloc(8 + name.length);
  head.writeUInt16LE(0x0a30, 2);
  head.writeUInt32LE(name.length, 4);
  head.write(name, 8, 'latin1');
  const block = Buffer.concat([head, videoOf(videoBytes)]);
  const index = Buffer.alloc(12 + 12 + 8);
  index.write('SEFH', 0, 'latin1');
  index.writeUInt32LE(107, 4);
  index.writeUInt32LE(1, 8);
  index.writeUInt16LE(0x0a30, 14);
  index.writeUInt32LE(block.length, 16);
  index.writeUInt32LE(block.length, 20);
  index.writeUInt32LE(24, 24);
  index.write('SEFT', 28, 'latin1');
  return Buffer.concat([block, index]);
}
