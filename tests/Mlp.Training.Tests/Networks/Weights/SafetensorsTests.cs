using System.Buffers.Binary;
using System.Text;
using Mlp.TestSupport;
using Mlp.Training.Networks.Weights;

namespace Mlp.Training.Tests.Networks.Weights;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string FilePath => _directory.Combine("weights.safetensors");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_FileAsPyTorchWritesIt_ReadsEveryType()
    {
        // Laid out by hand after the format's description: f32 [2, 2], bf16 [3], f16 [2], i64 scalar; the header is padded with spaces.
        byte[] data =
        [
            .. Bytes(5L), .. Bytes(1.5f), .. Bytes(-2f), .. Bytes(0f), .. Bytes(float.PositiveInfinity), 0x80, 0x3F, 0x00, 0xC0, 0x49, 0x40, 0x00, 0x3C, 0x00, 0xC0,
        ];
        const string header =
            """{"__metadata__":{"format":"pt"},"norm.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[24,30]},"h":{"dtype":"F16","shape":[2],"data_offsets":[30,34]}}   """;
        File.WriteAllBytes(FilePath, [.. Bytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. data]);

        using var file = SafetensorsFile.Open(FilePath);

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(["norm.num_batches_tracked", "0.weight", "b", "h"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2L, 2L], file.Tensors[1].Shape);
        Assert.Equal([5L], file.ReadIntegers("norm.num_batches_tracked"));
        Assert.Equal([1.5f, -2f, 0f, float.PositiveInfinity], file.ReadFloats("0.weight"));
        Assert.Equal([1f, -2f, 3.140625f], file.ReadFloats("b"));
        Assert.Equal([1f, -2f], file.ReadFloats("h"));
    }

    [Fact]
    public void Write_AllTypes_ComeBack()
    {
        float[] values = [0.1f, -3.3333f, 65504f, 1e-30f, float.NaN, float.NegativeInfinity];
        var writer = new SafetensorsWriter();
        writer.AddMetadata("run", "ä");
        writer.Add("half", values, [6], SafetensorsType.F16);
        writer.Add("brain", values, [2, 3], SafetensorsType.BF16);
        writer.Add("count", new long[] { long.MinValue }, []);
        writer.Add("full", values, [3, 2]);
        writer.Add("empty", ReadOnlyMemory<float>.Empty, [0, 4]);
        writer.Write(FilePath);

        using var file = SafetensorsFile.Open(FilePath);

        Assert.Equal(values, file.ReadFloats("full"));
        Assert.Equal(values.Select(v => (float)(Half)v), file.ReadFloats("half"));
        Assert.All(file.ReadFloats("brain").Zip(values).Take(4), p => Assert.Equal(p.Second, p.First, Math.Abs(p.Second) / 256));
        Assert.Equal([float.NaN, float.NegativeInfinity], file.ReadFloats("brain")[4..]);
        Assert.Equal([long.MinValue], file.ReadIntegers("count"));
        Assert.Empty(file.ReadFloats("empty"));
        Assert.Equal("ä", file.Metadata["run"]);
        Assert.All(file.Tensors.Where(t => t.Type == SafetensorsType.F32), t => Assert.Equal(0, t.Offset % 4));
        Assert.Equal(0, file.Tensors[0].Offset % 8);
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)]
    [InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x7F7FFFFFu, 0x7F80)]
    public void Write_BrainFloat_RoundsToNearestTiesToEven(uint bits, int expected)
    {
        var writer = new SafetensorsWriter();
        writer.Add("x", new[] { BitConverter.UInt32BitsToSingle(bits) }, [1], SafetensorsType.BF16);
        writer.Write(FilePath);

        Assert.Equal(expected, BinaryPrimitives.ReadUInt16LittleEndian(File.ReadAllBytes(FilePath).AsSpan()[^2..]));
    }

    [Fact]
    public void Write_SafetensorsHeader_FollowsTheFormat()
    {
        var writer = new SafetensorsWriter();
        writer.Add("b", new[] { 1f }, [1], SafetensorsType.F16);
        writer.Add("a", new[] { 1f, 2f }, [2]);
        writer.Write(FilePath);

        var bytes = File.ReadAllBytes(FilePath);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}}""", Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal(8 + length + 10, bytes.Length);
    }

    public static TheoryData<string, byte[], string> Damaged => new()
    {
        { "short", [1, 2, 3], "Expected at least 8 bytes with the length of the header, but found 3" },
        { "huge", [.. Bytes(100_000_001L)], "Expected a header of at most 100000000 bytes, but its length says 100000001" },
        { "minus", [.. Bytes(-1L)], "Expected a header of at most 100000000 bytes, but its length says 18446744073709551615" },
        { "cut header", [.. Bytes(50L), 123], "Expected a header of 50 bytes, but 1 follow its length: the file was cut off" },
        { "no json", WithHeader("{\"a\""), "Expected a JSON header" },
        { "array", WithHeader("[]"), "Expected a header that is a JSON object, but found Array" },
        { "type", WithHeader("""{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1), "Expected a 'dtype' of F32, F16, BF16, F64, I64, but found 'F8_E4M3' (tensor 'a'" },
        { "number as type", WithHeader("""{"a":{"dtype":"0","shape":[1],"data_offsets":[0,4]}}""", 4), "but found '0' (tensor 'a'" },
        { "no shape", WithHeader("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4), "Expected a list 'shape', but found none (tensor 'a'" },
        { "negative", WithHeader("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4), "Expected 'shape' of integers from 0, but found others (tensor 'a'" },
        { "count", WithHeader("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4), "Expected 8 bytes for a shape of (2) in F32, but its offsets hold 4 (tensor 'a'" },
        { "overflow", WithHeader("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", 4), "Expected a tensor below 2^63 bytes, but its shape says more (tensor 'a'" },
        { "backwards", WithHeader("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4), "Expected 'data_offsets' of a beginning and an end, but found others (tensor 'a'" },
        { "cut data", WithHeader("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7), "Expected 8 bytes behind the header, but found 7: the file was cut off" },
        { "more data", WithHeader("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9), "Expected 8 bytes behind the header, but found 9" },
        { "hole", WithHeader("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8), "Expected tensors one behind the other, but its bytes leave a hole or overlap others (tensor 'a'" },
        { "overlap", WithHeader("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8), "leave a hole or overlap others (tensor 'b'" },
        { "twice", WithHeader("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8), "Expected tensors of different names, but found one twice (tensor 'a'" },
        { "no text as name", WithHeader("""{"a\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4), "Expected a JSON header in the safetensors file" },
        { "no text as metadata", WithHeader("""{"__metadata__":{"a":"\udc00"}}"""), "Expected a JSON header in the safetensors file" },
        { "no text as type", WithHeader("""{"a":{"dtype":"\ud800","shape":[1],"data_offsets":[0,4]}}""", 4), "Expected a JSON header in the safetensors file" },
        { "metadata", WithHeader("""{"__metadata__":{"a":1}}"""), "Expected texts by name under '__metadata__', but found others" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Open_DamagedFile_IsToldByASentence(string name, byte[] bytes, string expected)
    {
        File.WriteAllBytes(FilePath, bytes);

        var error = Assert.Throws<WeightFileException>(() => SafetensorsFile.Open(FilePath));

        Assert.True(error.Message.Contains(expected, StringComparison.Ordinal), $"{name}: {error.Message}");
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnyTruncation_IsRefused()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new[] { 1f, 2f }, [2]);
        writer.Add("b", new long[] { 3 }, []);
        writer.Write(FilePath);
        var whole = File.ReadAllBytes(FilePath);

        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.Throws<WeightFileException>(() => SafetensorsFile.Open(FilePath));
        }
    }

    [Fact]
    public void ReadFloats_WrongNameOrKind_IsToldByASentence()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new long[] { 3 }, []);
        writer.Add("b", new[] { 3f }, [1]);
        writer.Write(FilePath);
        using var file = SafetensorsFile.Open(FilePath);

        Assert.StartsWith("Expected a tensor 'c', but found none of that name", Assert.Throws<WeightFileException>(() => file.ReadFloats("c")).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected floating-point numbers in tensor 'a', but found I64", Assert.Throws<WeightFileException>(() => file.ReadFloats("a")).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected integers in tensor 'b', but found F32", Assert.Throws<WeightFileException>(() => file.ReadIntegers("b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_WrongCountOrName_IsRefused()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new[] { 1f }, [1]);

        Assert.StartsWith("Expected 4 numbers for tensor 'b', but found 1.", Assert.Throws<ArgumentException>(() => writer.Add("b", new[] { 1f }, [2, 2])).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a name that is free, but 'a' is taken.", Assert.Throws<ArgumentException>(() => writer.Add("a", new[] { 1f }, [1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", new[] { 1f }, [1]));
    }

    [SmallDiskFact]
    public void Write_FullDisk_KeepsTheFileBefore()
    {
        using var disk = new SmallDisk(2);
        var path = Path.Combine(disk.Root, "w.safetensors");
        var writer = new SafetensorsWriter();
        writer.Add("a", new[] { 1f }, [1]);
        writer.Write(path);
        var before = File.ReadAllBytes(path);
        disk.Fill();
        writer.Add("b", new float[500_000], [500_000]);

        Assert.Throws<FileWriteException>(() => writer.Write(path, overwrite: true));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(["ballast", "w.safetensors"], Directory.GetFiles(disk.Root).Select(Path.GetFileName).Order());
    }

    private static byte[] WithHeader(string header, int data = 0) => [.. Bytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[data]];

    private static byte[] Bytes(long value) => BitConverter.GetBytes(value);

    private static byte[] Bytes(float value) => BitConverter.GetBytes(value);
}
