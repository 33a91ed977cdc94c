using System.Text;
using FsCheck.Xunit;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

public sealed class FrameLogReaderTests : IDisposable
{
    /// <summary>Made by another program from the description of the format.</summary>
    private const string VersionOneFixture =
        "4D4C504C4F47010012000080A23EA52E08000000000000007B226B696E64223A2266697874757265227D00000000000003000080A3C5929E" +
        "30000000000000006F6E65000000000000000000B57A5B73480000000000000008000080B1272A9458000000000000007468726565333333" +
        "000000C0242EBCCF7000000000000000";

    private readonly TempDirectory _folder = new();

    public FrameLogReaderTests() => Log = _folder.Combine("a.mlplog");

    private string Log { get; }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_LogOfTwoBatches_YieldsHeaderFramesAndTheClosedMark()
    {
        FrameLogs.Write(Log, ["a", "", "ccc"], ["dddddddd"]);

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal("{}", Encoding.UTF8.GetString(reader.Header.Span));
        Assert.Equal(["a", "", "ccc", "dddddddd"], FrameLogs.ReadRest(reader));
        Assert.True(reader.IsAtEnd);
        Assert.True(reader.IsClosed);
        Assert.Equal((0L, new FileInfo(Log).Length), (reader.TornBytes, reader.Position));
    }

    /// <summary>Format version 1, byte by byte: must stay readable for ever.</summary>
    [Fact]
    public void Read_CommittedVersionOneFixture_YieldsItsFrames()
    {
        File.WriteAllBytes(Log, Convert.FromHexString(VersionOneFixture));

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal("""{"kind":"fixture"}""", Encoding.UTF8.GetString(reader.Header.Span));
        Assert.Equal(["one", "", "three333"], FrameLogs.ReadRest(reader));
        Assert.True(reader.IsClosed);

        using (var writer = FrameLogWriter.Create(DiskSync.Instance, _folder.Combine("again"), """{"kind":"fixture"}"""u8))
        {
            writer.Append("one"u8);
            writer.Append([]);
            writer.Flush();
            writer.Append("three333"u8);
        }

        Assert.Equal(VersionOneFixture, Convert.ToHexString(File.ReadAllBytes(_folder.Combine("again"))));
    }

    [Fact]
    public void Read_EveryCutOfTheLastBatch_YieldsTheWholeFramesAndCountsTheRest()
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second", "third"]);
        var offsets = FrameLogs.Offsets(Log);
        var full = File.ReadAllBytes(Log);
        for (var length = (int)offsets[1]; length < full.Length; length++)
        {
            File.WriteAllBytes(Log, full[..length]);
            var expected = length < offsets[2] ? 1 : 2;

            using var reader = FrameLogReader.Open(Log);

            Assert.Equal(expected, FrameLogs.ReadRest(reader).Length);
            Assert.Equal(length - offsets[expected], reader.TornBytes);
            Assert.Equal(offsets[expected], reader.Position);
            Assert.False(reader.IsClosed);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Read_LastFrameBroken_StopsQuietly(int byteOfFrame)
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second"]);
        FrameLogs.Flip(Log, FrameLogs.Offsets(Log)[1] + byteOfFrame);

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal(["first"], FrameLogs.ReadRest(reader));
        Assert.Equal(24, reader.TornBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Read_FrameOfAFlushedBatchBroken_NamesFileAndOffset(int byteOfFrame)
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second"], ["third"]);
        var broken = FrameLogs.Offsets(Log)[1];
        FrameLogs.Flip(Log, broken + byteOfFrame);

        using var reader = FrameLogReader.Open(Log);

        Assert.True(reader.Read());
        var error = Assert.Throws<CorruptFileException>(() => reader.Read());
        Assert.Equal((Log, broken), (error.Path, error.Offset));
        Assert.Contains(Log, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LastFrameOfAClosedLogBroken_IsDamage()
    {
        FrameLogs.Write(Log, ["first", "second"]);
        FrameLogs.Flip(Log, FrameLogs.Offsets(Log)[1] + 16);

        Assert.Throws<CorruptFileException>(() => FrameLogs.Read(Log));
    }

    [Fact]
    public void Read_FlippedBitInsideTheLastBatch_IsDamage()
    {
        FrameLogs.WriteUnclosed(Log, ["first", "second", "third"]);
        FrameLogs.Flip(Log, FrameLogs.Offsets(Log)[1] + 16);

        Assert.Throws<CorruptFileException>(() => FrameLogs.Read(Log));
    }

    [Fact]
    public void Read_HoleOfZerosInsideTheLastBatch_IsATornWrite()
    {
        var large = new string('x', 3000);
        FrameLogs.WriteUnclosed(Log, ["first"], ["second", large, "fourth"]);
        FrameLogs.Overwrite(Log, 1024, new byte[1024]);

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal(["first", "second"], FrameLogs.ReadRest(reader));
        Assert.True(reader.TornBytes > 3000);
    }

    [Fact]
    public void Read_HoleOfZerosInAFlushedBatch_IsDamage()
    {
        FrameLogs.WriteUnclosed(Log, [new string('x', 3000), "second"], ["third"]);
        FrameLogs.Overwrite(Log, 1024, new byte[1024]);

        Assert.Throws<CorruptFileException>(() => FrameLogs.Read(Log));
    }

    [Fact]
    public void Read_FileThatWasExtendedWithZeros_StopsQuietly()
    {
        FrameLogs.WriteUnclosed(Log, ["first"]);
        FrameLogs.Truncate(Log, new FileInfo(Log).Length + 5000);

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal(["first"], FrameLogs.ReadRest(reader));
        Assert.Equal(5000, reader.TornBytes);
    }

    [Fact]
    public void Read_FramesOfAnOldFileAtOtherOffsets_AreNotTaken()
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second"]);
        var frame = File.ReadAllBytes(Log)[^24..];
        FrameLogs.Overwrite(Log, new FileInfo(Log).Length, frame);

        using var reader = FrameLogReader.Open(Log);

        Assert.Equal(["first", "second"], FrameLogs.ReadRest(reader));
        Assert.Equal(24, reader.TornBytes);
    }

    [Fact]
    public void Read_DamageThatIsNotToBeThrown_EndsTheReadingAndIsKept()
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second"], ["third"]);
        var broken = FrameLogs.Offsets(Log)[1];
        FrameLogs.Flip(Log, broken + 16);

        using var reader = FrameLogReader.Open(Log, throwOnDamage: false);

        Assert.Equal(["first"], FrameLogs.ReadRest(reader));
        Assert.Equal(broken, reader.Damage?.Offset);
        Assert.False(reader.Read());
        Assert.Throws<InvalidOperationException>(() => FrameLogWriter.Continue(DiskSync.Instance, reader));
    }

    [Fact]
    public void Open_NewerFormatVersion_IsRefusedWithASentence()
    {
        FrameLogs.Write(Log, ["first"]);
        FrameLogs.Overwrite(Log, 6, 2, 0);

        var error = Assert.Throws<UnsupportedFormatVersionException>(() => FrameLogReader.Open(Log));

        Assert.Equal((Log, 2, 1), (error.Path, error.Found, error.Supported));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MLPLOG")]
    [InlineData("PAR1PAR1PAR1PAR1PAR1PAR1PAR1PAR1")]
    [InlineData("MLPLOG\0\0PAR1PAR1PAR1PAR1PAR1PAR1")]
    [InlineData("MLPLOG\u0001\0PAR1PAR1PAR1PAR1PAR1PAR1")]
    public void Open_FileThatIsNoLog_IsRefusedWithASentence(string content)
    {
        File.WriteAllText(Log, content);

        var error = Assert.Throws<CorruptFileException>(() => FrameLogReader.Open(Log));

        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
        Assert.Contains(Log, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFile_Throws() => Assert.Throws<FileNotFoundException>(() => FrameLogReader.Open(Log));

    /// <summary>Whatever byte is hurt and wherever the file is cut: what is read is a prefix of what was written.</summary>
    [Property(MaxTest = 300)]
    public bool Read_AnyHarm_NeverYieldsAWrongFrame(byte[][] frames, int hurt, int cut, bool alsoCut)
    {
        var path = _folder.Combine("harmed.mlplog");
        File.Delete(path);
        using (var writer = FrameLogWriter.Create(new RecordingDiskSync(), path, "{}"u8))
        {
            for (var i = 0; i < frames.Length; i++)
            {
                writer.Append(frames[i]);
                if (i % 3 == 2)
                {
                    writer.Flush();
                }
            }
        }

        var length = (int)new FileInfo(path).Length;
        FrameLogs.Flip(path, FrameLogs.StartLength + ((hurt & int.MaxValue) % (length - FrameLogs.StartLength)));
        if (alsoCut)
        {
            FrameLogs.Truncate(path, FrameLogs.StartLength + ((cut & int.MaxValue) % (length - FrameLogs.StartLength)));
        }

        using var reader = FrameLogReader.Open(path, throwOnDamage: false);
        var read = 0;
        while (reader.Read())
        {
            if (!reader.Payload.Span.SequenceEqual(frames[read++]))
            {
                return false;
            }
        }

        return read <= frames.Length;
    }
}
