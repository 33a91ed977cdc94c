using System.Buffers.Binary;
using System.Text;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>Hand-made tasks: partition 3, stage 7, attempt 0, task 42, one local property, a map in Arrow whose command is {"v":1}.</summary>
public class TaskReaderTests
{
    private const string Spark35 =
        "00000003000000036d6c70000000000000000000000000070000000300000000000000000000002a0000000100000000000000010000000c737061726b2e6a6f622e69640000000139000000062f746d702f66000000000000000000000000cf000000010000001a737061726b2e73716c2e73657373696f6e2e74696d655a6f6e650000000355544300000001000000010000000000000001000000077b2276223a317d";

    private const string Spark40 =
        "00000003000000036d6c70000000000000000000000000070000000300000000000000000000002a0000000100000000000000010000000c737061726b2e6a6f622e69640000000139000000062f746d702f66000000000000000000000000cf000000010000001a737061726b2e73716c2e73657373696f6e2e74696d655a6f6e65000000035554430000000001000000010000000000000001000000077b2276223a317d";

    private const string Spark41 =
        "00000003000000036d6c7000000000070000000300000000000000000000002a0000000100000000000000010000000c737061726b2e6a6f622e69640000000139000000062f746d702f66000000000000000000000000cf000000010000001a737061726b2e73716c2e73657373696f6e2e74696d655a6f6e65000000035554430000000001000000010000000000000001000000077b2276223a317d";

    private const string Spark42 =
        "00000003000000036d6c70000000ae7b22697342617272696572223a66616c73652c22636f6e6e496e666f223a2d312c22736563726574223a2273222c2273746167654964223a372c22706172746974696f6e4964223a332c22617474656d70744e756d626572223a302c227461736b417474656d70744964223a34322c2263707573223a312c227265736f7572636573223a7b7d2c226c6f63616c50726f70657274696573223a7b22737061726b2e6a6f622e6964223a2239227d7d000000062f746d702f66000000000000000000000000cf000000010000001a737061726b2e73716c2e73657373696f6e2e74696d655a6f6e6500000003555443000000000000000100000001000000000000000001000000077b2276223a317d0000000000000037";

    private const string Spark43 = "fffffff800000125" + Spark42;

    public static TheoryData<string, string> Vectors => new()
    {
        { "3.5", Spark35 },
        { "4.0", Spark40 },
        { "4.1", Spark41 },
        { "4.2", Spark42 },
        { "4.3", Spark43 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Read_GoldenVector_HasItsFieldsAndIsUsedUp(string version, string hex)
    {
        using var input = Reader(Convert.FromHexString(hex));

        var task = new TaskReader(known: null).Read(input);

        Assert.Equal(version, ProtocolVersionNames.NameOf(task.Version));
        Assert.Equal(3, task.PartitionIndex);
        Assert.Equal("mlp", task.ClientVersion);
        Assert.Equal(new TaskIdentity(7, 3, 0, 42), task.Identity);
        Assert.Equal("/tmp/f", task.FilesFolder);
        Assert.Equal(EvaluationType.MapArrow, task.EvaluationType);
        Assert.Equal("UTC", Assert.Single(task.RunnerSettings).Value);
        var function = Assert.Single(task.Functions);
        Assert.Equal(new FunctionArgument(0, null), Assert.Single(function.Arguments));
        Assert.Equal("{\"v\":1}", Encoding.UTF8.GetString(Assert.Single(function.Commands).Span));
        Assert.True(input.IsAtEnd());
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Read_TaskThatEndsAnywhere_EndsOrIsRefused(string version, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var length = 0; length < bytes.Length; length++)
        {
            using var input = Reader(bytes[..length]);

            var error = Record.Exception(() => new TaskReader(known: null).Read(input));

            Assert.True(error is EndOfStreamException or ProtocolException, $"{version} cut after {length} bytes: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Read_LengthsBeyondTheLimits_AreRefusedBeforeAnythingIsAllocated(string version, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var position = 0; position + 4 <= bytes.Length; position++)
        {
            var changed = (byte[])bytes.Clone();
            BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(position), int.MaxValue);
            using var input = Reader(changed);
            var before = GC.GetAllocatedBytesForCurrentThread();

            var error = Record.Exception(() => new TaskReader(known: null).Read(input));

            Assert.True(error is null or EndOfStreamException or ProtocolException, $"{version} changed at {position}: {error}");
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Read_FrameWithMoreBytes_IsRefused()
    {
        var bytes = Convert.FromHexString(Spark43 + "00");
        bytes[7]++;
        using var input = Reader(bytes);

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains("to end with its frame", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FrameThatIsTooShort_IsRefusedAndNotTheEndOfTheConnection()
    {
        var bytes = Convert.FromHexString(Spark43);
        bytes[7] -= 20;
        using var input = Reader(bytes);

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains("the frame ended first", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(202)]
    [InlineData(300)]
    [InlineData(0)]
    public void Read_KindOfFunctionThatIsNotRun_IsRefusedWithItsNumber(int kind)
    {
        using var input = Reader(Convert.FromHexString(Spark41.Replace("000000cf", kind.ToString("x8", null), StringComparison.Ordinal)));

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains($"but found kind {kind}, which", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Spark35)]
    [InlineData(Spark41)]
    public void Read_BarrierTask_IsRefused(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        bytes[11] = 1;
        using var input = Reader(bytes);

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains("a barrier task", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BarrierTaskOfJson_IsRefused()
    {
        // Of the same length: the frame and the length of the context stay right.
        var json = Encoding.Latin1.GetString(Convert.FromHexString(Spark42)).Replace("\"isBarrier\":false", "\"isBarrier\":true ", StringComparison.Ordinal);
        using var input = Reader(Encoding.Latin1.GetBytes(json));

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains("a barrier task", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ContextThatIsBroken_IsRefusedWithoutQuotingIt()
    {
        var bytes = Convert.FromHexString(Spark42);
        var text = Encoding.Latin1.GetString(bytes).Replace("\"stageId\":7", "\"stageId\":!", StringComparison.Ordinal);
        using var input = Reader(Encoding.Latin1.GetBytes(text));

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Equal("Expected the task context as a JSON object, but found another thing.", error.Message);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public void Read_SecretsOfAllLayouts_AreInNothingThatIsKept()
    {
        // Classic tasks that wait for no others have an empty secret; one is put in. The context of 4.2 has its own.
        var classic = Convert.FromHexString(Spark35[..32] + "00000003736563" + Spark35[40..]);
        foreach (var (bytes, known) in new (byte[], ProtocolVersion?)[] { (classic, ProtocolVersion.Spark35), (Convert.FromHexString(Spark42), null) })
        {
            using var input = Reader(bytes);

            var task = new TaskReader(known).Read(input);

            Assert.Equal(42, task.Identity.TaskAttemptId);
            Assert.DoesNotContain("sec", task.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("spark.job.id", task.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(-7)]
    public void Read_NegativePartition_IsRefused(int partition)
    {
        var bytes = Convert.FromHexString(Spark40);
        BinaryPrimitives.WriteInt32BigEndian(bytes, partition);
        using var input = Reader(bytes);

        var error = Assert.Throws<ProtocolException>(() => new TaskReader(known: null).Read(input));

        Assert.Contains("the index of a partition", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData(" 4.1 ", "4.1")]
    [InlineData("3.5", "3.5")]
    public void TryRead_Variable_GivesTheLayout(string? value, string? expected)
    {
        Assert.True(ProtocolVersionNames.TryRead(value, out var version, out _));
        Assert.Equal(expected, version is { } known ? ProtocolVersionNames.NameOf(known) : null);
    }

    [Fact]
    public void TryRead_VariableThatNamesNoLayout_IsRefusedWithASentence()
    {
        Assert.False(ProtocolVersionNames.TryRead("5.0", out _, out var problem));
        Assert.Equal("Expected MLP_SPARK_PROTOCOL to be one of 3.5, 4.0, 4.1, 4.2, 4.3 or absent, but it is '5.0'.", problem);
    }

    private static ProtocolReader Reader(byte[] bytes) => new(new MemoryStream(bytes));
}
