using System.Text.Json;
using FsCheck.Xunit;
using Mlp.Runtime;
using Mlp.Training.Networks.Checkpoints;

namespace Mlp.Training.Tests.Networks.Checkpoints;

public sealed class CheckpointFileTests
{
    [Fact]
    public void Read_WhatWasWritten_GivesItBackToTheBit()
    {
        var position = new TrainingPosition
        {
            Epoch = 3,
            Batch = 17,
            Step = 1234,
            LossSum = 0.1 + 0.2,
            BestMetric = double.NaN,
            History = [new(1, 9, 0.3, double.PositiveInfinity, 1, TimeSpan.FromTicks(1234567)) { ValidationMetric = 0.7 }],
            Generators = { ["dropout"] = ulong.MaxValue },
        };

        var read = Read(Write(Sample(position)));

        Assert.Equal((3, 17, 1234L), (read.Position.Epoch, read.Position.Batch, read.Position.Step));
        Assert.Equal((BitConverter.DoubleToInt64Bits(0.1 + 0.2), double.NaN), (BitConverter.DoubleToInt64Bits(read.Position.LossSum), read.Position.BestMetric));
        Assert.Equal(position.History, read.Position.History);
        Assert.Equal(ulong.MaxValue, read.Position.Generators["dropout"]);
        Assert.Equal([1, 2, 3], read.Tensors["weights"].ToArray());
        Assert.True(read.Tensors["empty"].IsEmpty);
        Assert.Null(read.Identity.DifferenceFrom(Sample(position).Identity));
    }

    [Property(MaxTest = 100)]
    public bool Read_AnyByteChangedOrCutOff_IsRefused(ushort at, byte change)
    {
        var file = Write(Sample(new()));
        var damaged = (byte[])file.Clone();
        damaged[at % file.Length] ^= (byte)(change | 1);

        return IsRefused(damaged) && IsRefused(file[..(at % file.Length)]);
    }

    [Fact]
    public void Read_NewerVersion_IsRefusedAsNewer()
    {
        var file = Write(Sample(new()));
        file[6] = 2;

        Assert.Equal((2, 1), (Assert.Throws<UnsupportedFormatVersionException>(() => Read(file)) is var e ? (e.Found, e.Supported) : default));
    }

    [Fact]
    public void Write_MoreThanTwoGibibytes_IsWrittenInParts()
    {
        // Forty tensors that are one and the same memory.
        var piece = new byte[64 << 20];
        var tensors = Enumerable.Range(0, 40).ToDictionary(i => $"{i}", _ => (ReadOnlyMemory<byte>)piece);

        using var counted = new CountingStream();
        CheckpointFile.Write(counted, Sample(new()) with { Tensors = tensors });

        Assert.InRange(counted.Count, 40L * piece.Length, (40L * piece.Length) + 10_000);
    }

    [Fact]
    public void Read_WithoutTensors_ChecksThemAllTheSame()
    {
        var file = Write(Sample(new()));
        using var whole = new MemoryStream(file);

        Assert.Equal(0.5, CheckpointFile.Read(whole, "file", withTensors: false).Metric);

        file[^5] ^= 1;
        using var damaged = new MemoryStream(file);
        Assert.Throws<CorruptFileException>(() => CheckpointFile.Read(damaged, "file", withTensors: false));
    }

    [Fact]
    public void Read_AnotherFile_SaysSo()
        => Assert.Equal(
            "Expected a checkpoint of a network in 'file', but the file does not begin like one.",
            Assert.Throws<CorruptFileException>(() => Read(new byte[100])).Message);

    [Fact]
    public void DifferenceFrom_OtherSettings_NamesThem()
    {
        var a = new CheckpointIdentity("aaaaaaaaaaaaaaaa", null, new(StringComparer.Ordinal) { ["Seed"] = "1", ["LearningRate"] = "0.1" });

        Assert.Equal("LearningRate is 0.1 and the checkpoint's 0.2; Seed is 1 and the checkpoint's absent", a.DifferenceFrom(a with { Settings = new(StringComparer.Ordinal) { ["LearningRate"] = "0.2" } }));
        Assert.Equal("the training rows have the hash aaaaaaaaaaaa… and the checkpoint's b", a.DifferenceFrom(a with { DataHash = "b" }));
        Assert.Equal("the validation rows have no hash of their own and the checkpoint's the hash b", a.DifferenceFrom(a with { ValidationHash = "b" }));
    }

    [Fact]
    public void DifferenceFrom_OtherPreprocessing_SaysSo()
    {
        static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
        var old = new CheckpointIdentity("a", null, new(StringComparer.Ordinal));
        var learned = old with { Encoding = Json("""{"format":1,"blocks":[]}""") };

        Assert.Null(learned.DifferenceFrom(old));
        Assert.Null(learned.DifferenceFrom(Read(Write(Sample(new()) with { Identity = learned })).Identity));
        Assert.StartsWith("what was learned of the features is not what", learned.DifferenceFrom(learned with { Encoding = Json("""{"format":1,"blocks":[1]}""") }), StringComparison.Ordinal);
    }

    private static NetworkCheckpoint Sample(TrainingPosition position)
        => new(
            new("data", null, new(StringComparer.Ordinal) { ["Seed"] = "1" }),
            position,
            0.5,
            new Dictionary<string, ReadOnlyMemory<byte>> { ["weights"] = new byte[] { 1, 2, 3 }, ["empty"] = default });

    private static byte[] Write(NetworkCheckpoint checkpoint)
    {
        using var file = new MemoryStream();
        CheckpointFile.Write(file, checkpoint);
        return file.ToArray();
    }

    private static NetworkCheckpoint Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return CheckpointFile.Read(stream, "file");
    }

    private static bool IsRefused(byte[] file)
    {
        try
        {
            Read(file);
            return false;
        }
        catch (MlPlatformException)
        {
            return true;
        }
    }

    private sealed class CountingStream : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Count;

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;

        public override void Write(byte[] buffer, int offset, int count) => Count += count;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
