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

        var read = CheckpointFile.Read(CheckpointFile.Write(Sample(position)), "file");

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
        var file = CheckpointFile.Write(Sample(new()));
        var damaged = (byte[])file.Clone();
        damaged[at % file.Length] ^= (byte)(change | 1);

        return IsRefused(damaged) && IsRefused(file[..(at % file.Length)]);
    }

    [Fact]
    public void Read_NewerVersion_IsRefusedAsNewer()
    {
        var file = CheckpointFile.Write(Sample(new()));
        file[6] = 2;

        Assert.Equal((2, 1), (Assert.Throws<UnsupportedFormatVersionException>(() => CheckpointFile.Read(file, "file")) is var e ? (e.Found, e.Supported) : default));
    }

    [Fact]
    public void Read_AnotherFile_SaysSo()
        => Assert.Equal(
            "Expected a checkpoint of a network in 'file', but the file does not begin like one.",
            Assert.Throws<CorruptFileException>(() => CheckpointFile.Read(new byte[100], "file")).Message);

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
        Assert.Null(learned.DifferenceFrom(CheckpointFile.Read(CheckpointFile.Write(Sample(new()) with { Identity = learned }), "file").Identity));
        Assert.StartsWith("what was learned of the features is not what", learned.DifferenceFrom(learned with { Encoding = Json("""{"format":1,"blocks":[1]}""") }), StringComparison.Ordinal);
    }

    private static NetworkCheckpoint Sample(TrainingPosition position)
        => new(
            new("data", null, new(StringComparer.Ordinal) { ["Seed"] = "1" }),
            position,
            0.5,
            new Dictionary<string, ReadOnlyMemory<byte>> { ["weights"] = new byte[] { 1, 2, 3 }, ["empty"] = default });

    private static bool IsRefused(byte[] file)
    {
        try
        {
            CheckpointFile.Read(file, "file");
            return false;
        }
        catch (MlPlatformException)
        {
            return true;
        }
    }
}
