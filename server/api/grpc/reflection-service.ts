import type { ServerDuplexStream } from "@grpc/grpc-js";
import { DESCRIPTOR_FILES, DESCRIPTOR_SERVICES, DESCRIPTOR_SYMBOLS } from "#proto/descriptors.ts";
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServer,
} from "#proto/grpc/reflection/v1/reflection.ts";
import { GRPC_CODE } from "#shared/errors.ts";

type Answer = ServerReflectionResponse["messageResponse"];

/**
 * Server reflection from the descriptors embedded at generation. v1 and v1alpha differ in nothing
 * but their name, so this serves both.
 */
export function createReflectionService(): ServerReflectionServer {
  return {
    serverReflectionInfo: (
      call: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>,
    ) => {
      call.on("data", (request: ServerReflectionRequest) => {
        call.write({
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request.messageRequest),
        });
      });
      call.on("end", () => call.end());
    },
  };
}

function answer(question: ServerReflectionRequest["messageRequest"]): Answer {
  switch (question?.$case) {
    case "listServices":
      return {
        $case: "listServicesResponse",
        value: { service: DESCRIPTOR_SERVICES.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return filesOf(question.value, `file '${question.value}'`);
    case "fileContainingSymbol":
      return filesOf(DESCRIPTOR_SYMBOLS[question.value], `symbol '${question.value}'`);
    case "allExtensionNumbersOfType":
      if (DESCRIPTOR_SYMBOLS[question.value] === undefined) {
        return notFound(`type '${question.value}'`);
      }
      return {
        $case: "allExtensionNumbersResponse",
        value: { baseTypeName: question.value, extensionNumber: [] },
      };
    case "fileContainingExtension":
      return notFound(`extension of '${question.value.containingType}'`);
    case undefined:
      return {
        $case: "errorResponse",
        value: { errorCode: GRPC_CODE.INVALID_ARGUMENT, errorMessage: "The request asks nothing." },
      };
  }
}

/** The file and all it imports, so that a client needs no second question. */
function filesOf(file: string | undefined, asked: string): Answer {
  const descriptors = new Map<string, Buffer>();
  collect(file, descriptors);
  if (descriptors.size === 0) return notFound(asked);
  return {
    $case: "fileDescriptorResponse",
    value: { fileDescriptorProto: [...descriptors.values()] },
  };
}

function collect(name: string | undefined, into: Map<string, Buffer>): void {
  const file = name === undefined ? undefined : DESCRIPTOR_FILES[name];
  if (name === undefined || file === undefined || into.has(name)) return;
  into.set(name, Buffer.from(file.descriptor, "base64"));
  for (const imported of file.imports) collect(imported, into);
}

function notFound(what: string): Answer {
  return {
    $case: "errorResponse",
    value: { errorCode: GRPC_CODE.NOT_FOUND, errorMessage: `There is no ${what} here.` },
  };
}
