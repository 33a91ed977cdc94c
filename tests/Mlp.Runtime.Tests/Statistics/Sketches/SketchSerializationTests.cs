using System.Text;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

public class SketchSerializationTests
{
    private delegate object Reader(ref SketchReader reader);

    private delegate void Skipper(ref SketchReader reader);

    private static readonly Dictionary<string, Skipper> Skips = new()
    {
        ["ddsketch-v1.bin"] = DDSketch.Skip,
        ["ddsketch-weighted-v1.bin"] = DDSketch.Skip,
        ["hyperloglog-sparse-v1.bin"] = HyperLogLog.Skip,
        ["hyperloglog-v1.bin"] = HyperLogLog.Skip,
    };

    private static readonly Dictionary<string, (Action<SketchWriter> Write, Reader Read, Action<object, SketchWriter> WriteAgain)> Kinds = new()
    {
        ["ddsketch-v1.bin"] = (writer => Values().Write(writer), (ref SketchReader r) => DDSketch.Read(ref r), (s, w) => ((DDSketch)s).Write(w)),
        ["ddsketch-weighted-v1.bin"] = (writer => Weighted().Write(writer), (ref SketchReader r) => DDSketch.Read(ref r), (s, w) => ((DDSketch)s).Write(w)),
        ["kll-v1.bin"] = (writer => Ranks().Write(writer), (ref SketchReader r) => Kll.Read(ref r), (s, w) => ((Kll)s).Write(w)),
        ["hyperloglog-sparse-v1.bin"] = (writer => Distinct(100).Write(writer), (ref SketchReader r) => HyperLogLog.Read(ref r), (s, w) => ((HyperLogLog)s).Write(w)),
        ["hyperloglog-v1.bin"] = (writer => Distinct(100_000).Write(writer), (ref SketchReader r) => HyperLogLog.Read(ref r), (s, w) => ((HyperLogLog)s).Write(w)),
        ["frequent-items-v1.bin"] = (writer => Items().Write(writer), (ref SketchReader r) => FrequentItems.Read(ref r), (s, w) => ((FrequentItems)s).Write(w)),
        ["moments-v1.bin"] = (writer => Numbers().Write(writer), (ref SketchReader r) => Moments.Read(ref r), (s, w) => ((Moments)s).Write(w)),
    };

    public static TheoryData<string> Fixtures => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Write_SameValues_WritesTheFixture(string fixture)
    {
        var writer = new SketchWriter();
        Kinds[fixture].Write(writer);

        Assert.Equal(ReadFixture(fixture), writer.Bytes.ToArray());
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Read_Fixture_RoundTripsExactly(string fixture)
    {
        var bytes = ReadFixture(fixture);
        var writer = new SketchWriter();
        var reader = new SketchReader(bytes);
        Kinds[fixture].WriteAgain(Kinds[fixture].Read(ref reader), writer);

        Assert.True(reader.IsAtEnd);
        Assert.Equal(bytes, writer.Bytes.ToArray());
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Read_NewerVersion_SaysSo(string fixture)
    {
        var bytes = ReadFixture(fixture);
        bytes[4]++;

        var exception = Assert.Throws<UnsupportedFormatVersionException>(() => Read(fixture, bytes));

        Assert.Equal((2, 1), (exception.Found, exception.Supported));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Read_AnotherKind_SaysSo(string fixture)
    {
        var bytes = ReadFixture(fixture);
        Encoding.ASCII.GetBytes("MZZZ", bytes);

        Assert.Contains("but found something else", Assert.Throws<InvalidDataException>(() => Read(fixture, bytes)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Read_CutShort_IsRefused(string fixture)
    {
        var bytes = ReadFixture(fixture);

        Assert.All(Enumerable.Range(0, Math.Min(bytes.Length, 600)), length => Assert.Throws<InvalidDataException>(() => Read(fixture, bytes.AsSpan(0, length))));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Read_DamagedAnywhere_GivesASketchOrSaysSo(string fixture)
    {
        var bytes = ReadFixture(fixture);
        var random = new Random(1);
        for (var round = 0; round < 2_000; round++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[random.Next(5, damaged.Length)] = (byte)random.Next(256);
            var exception = Record.Exception(() => Read(fixture, damaged));

            Assert.True(exception is null or InvalidDataException, $"Expected a sketch or a sentence, but found {exception}.");
        }
    }

    [Theory]
    [InlineData("ddsketch-v1.bin")]
    [InlineData("ddsketch-weighted-v1.bin")]
    [InlineData("hyperloglog-sparse-v1.bin")]
    [InlineData("hyperloglog-v1.bin")]
    public void Skip_DamagedAnywhere_AcceptsWhatReadAccepts(string fixture)
    {
        var bytes = ReadFixture(fixture);
        var random = new Random(2);
        var refused = 0;
        for (var round = 0; round < 2_000; round++)
        {
            byte[] damaged = [.. bytes, 1, 2, 3];
            damaged[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            damaged[random.Next(4, 12)] = round % 3 == 0 ? (byte)random.Next(256) : damaged[4];
            var (read, skipped) = (Outcome(damaged, (ref SketchReader r) => _ = Kinds[fixture].Read(ref r)), Outcome(damaged, Skips[fixture]));

            Assert.Equal(read, skipped);
            refused += read < 0 ? 1 : 0;
        }

        Assert.InRange(refused, 1, 1_999);
    }

    [Theory]
    [InlineData("ddsketch-v1.bin")]
    [InlineData("ddsketch-weighted-v1.bin")]
    public void ReadDistribution_OfStoredSketch_EqualsThatOfTheSketch(string fixture)
    {
        var bytes = ReadFixture(fixture);
        var one = new SketchReader(bytes);
        var other = new SketchReader(bytes);
        var (expected, found) = (DDSketch.Read(ref one).ToDistribution(), DDSketch.ReadDistribution(ref other));

        Assert.True(other.IsAtEnd);
        Assert.Equal(expected.Values.ToArray(), found.Values.ToArray());
        Assert.Equal(expected.CumulativeWeights.ToArray(), found.CumulativeWeights.ToArray());
        Assert.Equal(expected.RankError, found.RankError);
    }

    [Fact]
    public void Read_Fixtures_HoldWhatWasWritten()
    {
        var reader = new SketchReader(ReadFixture("ddsketch-v1.bin"));
        var values = DDSketch.Read(ref reader);
        reader = new(ReadFixture("kll-v1.bin"));
        var ranks = Kll.Read(ref reader);
        reader = new(ReadFixture("hyperloglog-v1.bin"));
        var distinct = HyperLogLog.Read(ref reader);
        reader = new(ReadFixture("frequent-items-v1.bin"));
        var items = FrequentItems.Read(ref reader);

        Assert.Equal(Values().Bins(), values.Bins());
        Assert.Equal(Ranks().ToDistribution().Values.ToArray(), ranks.ToDistribution().Values.ToArray());
        Assert.True(Distinct(100_000).Registers.SequenceEqual(distinct.Registers));
        Assert.Equal(Items().Items().AsEnumerable(), items.Items());
        Assert.Equal((6, 1, 2), (items.Weight, items.MaximumError, items.Items().Length));

        // A sketch that was read goes on as the one that was written.
        var written = Ranks();
        written.Add(SketchStreams.Create("ascending", 5_000));
        ranks.Add(SketchStreams.Create("ascending", 5_000));
        Assert.Equal(written.ToDistribution().Values.ToArray(), ranks.ToDistribution().Values.ToArray());
    }

    private static DDSketch Values()
    {
        var sketch = new DDSketch(0.01, 256);
        sketch.Add(Numbers512());
        return sketch;
    }

    private static DDSketch Weighted()
    {
        var sketch = new DDSketch();
        sketch.Add(1, 2.5);
        sketch.Add(-3, 0.25);
        sketch.Add(0, 4);
        return sketch;
    }

    private static Kll Ranks()
    {
        var sketch = new Kll(8, seed: 42);
        sketch.Add(Numbers512());
        return sketch;
    }

    private static HyperLogLog Distinct(int count)
    {
        var sketch = new HyperLogLog();
        sketch.Add(Enumerable.Range(0, count).Select(i => (long)i).ToArray());
        return sketch;
    }

    private static FrequentItems Items()
    {
        var sketch = new FrequentItems(2);
        foreach (var item in new[] { "a", "b", "a", "a", "é", "" })
        {
            sketch.Add(Encoding.UTF8.GetBytes(item));
        }

        return sketch;
    }

    private static Moments Numbers()
    {
        var moments = new Moments();
        moments.Add(Numbers512());
        moments.Add(0.1, 2.5);
        return moments;
    }

    /// <summary>Whole powers and quarters, so that no library function decides about bits.</summary>
    private static double[] Numbers512() => [.. Enumerable.Range(0, 512).Select(i => i % 7 == 0 ? 0 : (i - 100) * 0.25 * (i % 5 == 0 ? 1 << 20 : 1))];

    private static object Read(string fixture, ReadOnlySpan<byte> bytes)
    {
        var reader = new SketchReader(bytes);
        return Kinds[fixture].Read(ref reader);
    }

    /// <summary>How many bytes are left behind the sketch; below 0 where it was refused.</summary>
    private static int Outcome(byte[] bytes, Skipper read)
    {
        var reader = new SketchReader(bytes);
        try
        {
            read(ref reader);
            return reader.RestLength;
        }
        catch (InvalidDataException)
        {
            return -1;
        }
        catch (UnsupportedFormatVersionException)
        {
            return -2;
        }
    }

    private static byte[] ReadFixture(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Statistics", "Sketches", "Fixtures", name));
}
