/**
 * Server reflection: asks a server for the descriptions of its services. Version 1 first, then v1alpha, which older
 * servers speak. These calls are not measured.
 *
 *     list_services -> names      file_containing_symbol(name) -> files      file_by_filename(missing import) -> files
 */

import type { ChannelCredentials, ChannelOptions, Client, Metadata, ServiceError } from '@grpc/grpc-js';
import { camelCase, Definitions, loaderOptions } from './definitions.ts';
import type { Libraries } from './library.ts';
import { GrpcError, groupedMessage, STATUS } from './status.ts';
import type { GrpcCoding } from './types.ts';

/** The part of grpc/reflection/v1/reflection.proto that is used, as protobufjs writes it. */
const SCHEMA = {
  nested: {
    ServerReflectionRequest: {
      oneofs: { messageRequest: { oneof: ['fileByFilename', 'fileContainingSymbol', 'listServices'] } },
      fields: {
        host: { type: 'string', id: 1 },
        fileByFilename: { type: 'string', id: 3 },
        fileContainingSymbol: { type: 'string', id: 4 },
        listServices: { type: 'string', id: 7 },
      },
    },
    FileDescriptorResponse: { fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } } },
    ServiceResponse: { fields: { name: { type: 'string', id: 1 } } },
    ListServiceResponse: { fields: { service: { rule: 'repeated', type: 'ServiceResponse', id: 1 } } },
    ErrorResponse: {
      fields: { errorCode: { type: 'int32', id: 1 }, errorMessage: { type: 'string', id: 2 } },
    },
    ServerReflectionResponse: {
      fields: {
        fileDescriptorResponse: { type: 'FileDescriptorResponse', id: 4 },
        listServicesResponse: { type: 'ListServiceResponse', id: 6 },
        errorResponse: { type: 'ErrorResponse', id: 7 },
      },
    },
  },
} as const;

interface Answer {
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage: string };
}

interface Type {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object): object;
}

/** protobufjs as the loader has it: what Brunt finds by that name might be another version, or none. */
interface Protobuf {
  readonly Root: { fromJSON(json: object): { lookupType(name: string): Type } };
}

interface FileDescriptor {
  name: string;
  dependency: string[];
  messageType?: MessageDescriptor[];
}

interface MessageDescriptor {
  field?: { name: string; jsonName?: string }[];
  nestedType?: MessageDescriptor[];
  extension?: { name: string }[];
}

const PATHS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
] as const;

/** The reflection service itself, and others that every server may have, described by it like any other. */
const HIDDEN = /^grpc\.reflection\./;

export interface ReflectionTarget {
  /** For messages. */
  readonly address: string;
  /** As the library takes it. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
  readonly metadata: Metadata;
  readonly timeoutMs: number;
  /** What makes two targets the same one. */
  readonly key: string;
}

function ask(client: Client, path: string, request: Type, response: Type, target: ReflectionTarget) {
  const call = client.makeBidiStreamRequest(
    path,
    (message: object) => Buffer.from(request.encode(message).finish()),
    (bytes: Buffer) => response.toObject(response.decode(bytes)) as Answer,
    target.metadata.clone(),
    target.timeoutMs > 0 ? { deadline: Date.now() + target.timeoutMs } : {},
  );
  const answers = call[Symbol.asyncIterator]() as AsyncIterator<Answer>;
  return {
    async question(message: object): Promise<Answer> {
      call.write(message);
      const { value, done } = await answers.next();
      if (done === true) throw new Error('the server ended the reflection stream');
      return value;
    },
    end: () => call.end(),
  };
}

function protobufOf({ requireAsLoader: require }: Libraries): {
  readonly protobuf: Protobuf;
  readonly fileType: Type;
} {
  const descriptor = require('protobufjs/ext/descriptor') as { readonly FileDescriptorProto: Type };
  return { protobuf: require('protobufjs') as Protobuf, fileType: descriptor.FileDescriptorProto };
}

async function describe(
  libraries: Libraries,
  target: ReflectionTarget,
  path: string,
): Promise<FileDescriptor[]> {
  const { protobuf, fileType } = protobufOf(libraries);
  const root = protobuf.Root.fromJSON(SCHEMA);
  const client = new libraries.grpc.Client(target.target, target.credentials, target.options);
  const files = new Map<string, FileDescriptor>();
  try {
    const stream = ask(
      client,
      path,
      root.lookupType('ServerReflectionRequest'),
      root.lookupType('ServerReflectionResponse'),
      target,
    );
    const fetch = async (question: object): Promise<void> => {
      const { fileDescriptorResponse, errorResponse } = await stream.question(question);
      if (errorResponse !== undefined) throw new Error(errorResponse.errorMessage);
      for (const bytes of fileDescriptorResponse?.fileDescriptorProto ?? []) {
        const file = fileType.decode(bytes) as FileDescriptor;
        files.set(file.name, file);
      }
    };
    const { listServicesResponse } = await stream.question({ listServices: '*' });
    for (const { name } of listServicesResponse?.service ?? []) {
      if (!HIDDEN.test(name)) await fetch({ fileContainingSymbol: name });
    }
    for (;;) {
      const missing = [...files.values()].flatMap((file) => file.dependency).find((name) => !files.has(name));
      if (missing === undefined) break;
      await fetch({ fileByFilename: missing });
      if (!files.has(missing)) throw new Error(`the server does not describe ${missing}`);
    }
    stream.end();
  } finally {
    client.close();
  }
  return [...files.values()];
}

/** Files come with the names of their fields as written; in camel case they are what .proto files give. */
function renameFields(message: MessageDescriptor): void {
  for (const field of message.field ?? []) field.name = camelCase(field.name);
  for (const nested of message.nestedType ?? []) renameFields(nested);
}

function isUnimplemented(error: unknown): boolean {
  return (error as Partial<ServiceError>).code === STATUS.UNIMPLEMENTED;
}

async function reflect(
  libraries: Libraries,
  target: ReflectionTarget,
  coding: GrpcCoding,
): Promise<Definitions> {
  let files: FileDescriptor[];
  try {
    files = await describe(libraries, target, PATHS[0]).catch((error: unknown) => {
      if (isUnimplemented(error)) return describe(libraries, target, PATHS[1]);
      throw error;
    });
  } catch (error) {
    const { code: status = STATUS.UNKNOWN, details, message } = error as Partial<ServiceError>;
    const why = isUnimplemented(error)
      ? 'the server does not support reflection'
      : groupedMessage(status, details ?? message ?? '');
    throw new GrpcError(
      `grpc ${target.address}: its services cannot be read by reflection: ${why}`,
      1800 + status,
      status,
      undefined,
    );
  }
  if (coding.keepCase !== true) {
    for (const file of files) for (const message of file.messageType ?? []) renameFields(message);
  }
  const definition = libraries.loader.loadFileDescriptorSetFromObject({ file: files }, loaderOptions(coding));
  return new Definitions(definition);
}

/** By target and coding; a server is asked once per thread, or again after a failure. */
const known = new Map<string, Promise<Definitions>>();

/** Rejects with a GrpcError. */
export function reflected(
  libraries: Libraries,
  target: ReflectionTarget,
  coding: GrpcCoding,
): Promise<Definitions> {
  const { keepCase, longs, enums, defaults } = coding;
  const key = JSON.stringify([target.key, keepCase, longs, enums, defaults]);
  let definitions = known.get(key);
  if (definitions === undefined) {
    definitions = reflect(libraries, target, coding);
    known.set(key, definitions);
    definitions.catch(() => known.delete(key));
  }
  return definitions;
}
