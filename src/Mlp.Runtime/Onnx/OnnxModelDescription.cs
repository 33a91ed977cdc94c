using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>What an ONNX file says of itself.</summary>
/// <param name="Signature">Inputs (without those that the file itself fills) and outputs.</param>
/// <param name="IrVersion">Version of the file format.</param>
/// <param name="OperatorSets">Version of each operator set by domain; the domain of ONNX itself is the empty text.</param>
/// <param name="Metadata">Free text by key (<c>metadata_props</c>); of a repeated key the last one counts, as in ONNX Runtime.</param>
/// <param name="ProducerName">The tool that wrote it; empty when it does not say.</param>
/// <param name="ProducerVersion">Version of that tool; empty when it does not say.</param>
internal sealed record OnnxModelDescription(
    ModelSignature Signature,
    long IrVersion,
    IReadOnlyDictionary<string, long> OperatorSets,
    IReadOnlyDictionary<string, string> Metadata,
    string ProducerName,
    string ProducerVersion);
