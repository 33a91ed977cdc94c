using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>
/// One of the ONNX project's own cases: a folder with a model and the tensors that go in and come out. They lie where Debian's package libonnx-testdata puts them, or in the folder
/// that the variable <c>MLP_ONNX_TESTDATA</c> names.
/// </summary>
internal sealed class OperatorCase(string folder)
{
    private const string DebianFolder = "/usr/share/libonnx-testdata/data";

    public static string? Root { get; } = (Environment.GetEnvironmentVariable("MLP_ONNX_TESTDATA") ?? DebianFolder) is var root && Directory.Exists(root) ? root : null;

    /// <summary>For example <c>node/test_abs</c>.</summary>
    public string Name { get; } = Path.GetRelativePath(Root!, folder).Replace('\\', '/');

    public byte[] Onnx { get; } = File.ReadAllBytes(Path.Combine(folder, "model.onnx"));

    public static IEnumerable<OperatorCase> All()
        => Directory.EnumerateFiles(Root!, "model.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => new OperatorCase(Path.GetDirectoryName(f)!));

    public int DataSetCount => Directory.GetDirectories(folder, "test_data_set_*").Length;

    /// <summary>The values that go in.</summary>
    /// <param name="dataSet">Which of the folder's data sets.</param>
    /// <param name="session">A bare session, which says what kind of value each input is.</param>
    public IReadOnlyList<ModelValue> Inputs(int dataSet, InferenceSession session) => Values(dataSet, "input", [.. session.InputNames.Select(n => session.InputMetadata[n].OnnxValueType)]);

    /// <summary>The values that are expected to come out.</summary>
    /// <inheritdoc cref="Inputs(int, InferenceSession)"/>
    public IReadOnlyList<ModelValue> Outputs(int dataSet, InferenceSession session) => Values(dataSet, "output", [.. session.OutputNames.Select(n => session.OutputMetadata[n].OnnxValueType)]);

    /// <inheritdoc cref="Inputs(int, InferenceSession)"/>
    /// <param name="signature">What the library says of the file.</param>
    public IReadOnlyList<ModelValue> Inputs(int dataSet, ModelSignature signature) => Values(dataSet, "input", [.. signature.Inputs.Select(KindOf)]);

    /// <inheritdoc cref="Inputs(int, ModelSignature)"/>
    public IReadOnlyList<ModelValue> Outputs(int dataSet, ModelSignature signature) => Values(dataSet, "output", [.. signature.Outputs.Select(KindOf)]);

    /// <summary>A value for ONNX Runtime, made without the code that is tested.</summary>
    public static OrtValue ToEngine(ModelValue value)
    {
        if (value.Kind == ModelValueKind.Sequence)
        {
            return OrtValue.CreateSequence([.. value.Items.Select(ToEngine)]);
        }

        var shape = value.Shape.ToArray();
        if (value.ElementType == TensorElementKind.String)
        {
            var texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (var i = 0; i < value.Length; i++)
            {
                texts.StringTensorSetElementAt(value.AsStrings()[i].AsSpan(), i);
            }

            return texts;
        }

        return value.ElementType switch
        {
            TensorElementKind.Float32 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<float>().ToArray(), shape),
            TensorElementKind.Float64 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<double>().ToArray(), shape),
            TensorElementKind.Float16 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<Float16>().ToArray(), shape),
            TensorElementKind.BFloat16 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<BFloat16>().ToArray(), shape),
            TensorElementKind.Int8 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<sbyte>().ToArray(), shape),
            TensorElementKind.UInt8 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<byte>().ToArray(), shape),
            TensorElementKind.Int16 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<short>().ToArray(), shape),
            TensorElementKind.UInt16 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<ushort>().ToArray(), shape),
            TensorElementKind.Int32 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<int>().ToArray(), shape),
            TensorElementKind.UInt32 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<uint>().ToArray(), shape),
            TensorElementKind.Int64 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<long>().ToArray(), shape),
            TensorElementKind.UInt64 => OrtValue.CreateTensorValueFromMemory(value.AsSpan<ulong>().ToArray(), shape),
            TensorElementKind.Boolean => OrtValue.CreateTensorValueFromMemory(value.AsSpan<bool>().ToArray(), shape),
            var other => throw new NotSupportedException($"No tensor of {other}."),
        };
    }

    /// <summary>A value of ONNX Runtime, read without the code that is tested.</summary>
    public static ModelValue FromEngine(OrtValue value)
    {
        if (value.OnnxType == OnnxValueType.ONNX_TYPE_SEQUENCE)
        {
            return ModelValue.Sequence([.. Enumerable.Range(0, value.GetValueCount()).Select(i => Part(value, i))]);
        }

        if (value.OnnxType == OnnxValueType.ONNX_TYPE_MAP)
        {
            return ModelValue.Map(Part(value, 0), Part(value, 1));
        }

        if (value.OnnxType == OnnxValueType.ONNX_TYPE_UNKNOWN)
        {
            return ModelValue.None;
        }

        if (value.OnnxType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            throw new NotSupportedException($"No value of {value.OnnxType}.");
        }

        var information = value.GetTensorTypeAndShape();
        return information.ElementDataType switch
        {
            TensorElementType.Float => Read<float>(value, information.Shape),
            TensorElementType.Double => Read<double>(value, information.Shape),
            TensorElementType.Float16 => Read<Float16>(value, information.Shape),
            TensorElementType.BFloat16 => Read<BFloat16>(value, information.Shape),
            TensorElementType.Int8 => Read<sbyte>(value, information.Shape),
            TensorElementType.UInt8 => Read<byte>(value, information.Shape),
            TensorElementType.Int16 => Read<short>(value, information.Shape),
            TensorElementType.UInt16 => Read<ushort>(value, information.Shape),
            TensorElementType.Int32 => Read<int>(value, information.Shape),
            TensorElementType.UInt32 => Read<uint>(value, information.Shape),
            TensorElementType.Int64 => Read<long>(value, information.Shape),
            TensorElementType.UInt64 => Read<ulong>(value, information.Shape),
            TensorElementType.Bool => Read<bool>(value, information.Shape),
            TensorElementType.String => ModelValue.Tensor(value.GetStringTensorAsArray(), information.Shape),
            var other => throw new NotSupportedException($"No tensor of {other}."),
        };
    }

    private static OnnxValueType KindOf(TensorSpecification declared) => declared.ElementType switch
    {
        TensorElementKind.Sequence => OnnxValueType.ONNX_TYPE_SEQUENCE,
        TensorElementKind.Optional => OnnxValueType.ONNX_TYPE_OPTIONAL,
        _ => OnnxValueType.ONNX_TYPE_TENSOR,
    };

    private static ModelValue Part(OrtValue value, int index)
    {
        using var part = value.GetValue(index, OrtAllocator.DefaultInstance);
        return FromEngine(part);
    }

    private static ModelValue Read<T>(OrtValue value, long[] shape)
        where T : unmanaged
        => ModelValue.Tensor(shape.Contains(0) ? [] : value.GetTensorDataAsSpan<T>(), shape);

    private List<ModelValue> Values(int dataSet, string kind, OnnxValueType[] declared)
    {
        var values = new List<ModelValue>();
        for (var i = 0; i < declared.Length; i++)
        {
            var path = Path.Combine(folder, $"test_data_set_{dataSet}", $"{kind}_{i}.pb");
            if (File.Exists(path))
            {
                values.Add(Read(ProtobufMessage.Parse(File.ReadAllBytes(path)), declared[i]));
            }
        }

        return values;
    }

    private static ModelValue Read(ProtobufMessage message, OnnxValueType declared) => declared switch
    {
        OnnxValueType.ONNX_TYPE_SEQUENCE => ModelValue.Sequence([.. message.Messages(3).Select(ReadTensor)]),
        OnnxValueType.ONNX_TYPE_OPTIONAL => message.Message(3) is { } tensor ? ReadTensor(tensor)
            : message.Message(5) is { } sequence ? Read(sequence, OnnxValueType.ONNX_TYPE_SEQUENCE)
            : ModelValue.None,
        _ => ReadTensor(message),
    };

    /// <summary>A TensorProto: its values lie in raw_data, or in the field of their type, where small types take the field of int32.</summary>
    private static ModelValue ReadTensor(ProtobufMessage message)
    {
        long[] shape = [.. message.Int64s(1)];
        var raw = message.Bytes(9).Span;
        return (int)message.Int64(2)!.Value switch
        {
            1 => Tensor<float>(raw, () => message.Floats(4), shape),
            2 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => (byte)v), shape),
            3 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => (sbyte)v), shape),
            4 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => (ushort)v), shape),
            5 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => (short)v), shape),
            6 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => (int)v), shape),
            7 => Tensor(raw, () => Integers(7), shape),
            8 => ModelValue.Tensor(message.Texts(6).ToArray(), shape),
            9 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => v != 0), shape),
            10 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => BitConverter.UInt16BitsToHalf((ushort)v)), shape),
            11 => Tensor(raw, () => MemoryMarshal.Cast<byte, double>(message.Bytes(10).Span).ToArray(), shape),
            12 => Tensor(raw, () => Array.ConvertAll(Integers(11), v => (uint)v), shape),
            13 => Tensor(raw, () => Array.ConvertAll(Integers(11), v => (ulong)v), shape),
            16 => Tensor(raw, () => Array.ConvertAll(Integers(5), v => new BFloat16((ushort)v)), shape),
            var other => throw new NotSupportedException($"No tensor of type {other}."),
        };

        long[] Integers(int field) => [.. message.Int64s(field)];
    }

    private static ModelValue Tensor<T>(ReadOnlySpan<byte> raw, Func<T[]> typed, long[] shape)
        where T : unmanaged
    {
        var values = raw.IsEmpty ? typed() : MemoryMarshal.Cast<byte, T>(raw).ToArray();
        return ModelValue.Tensor((ReadOnlySpan<T>)values, shape);
    }
}
