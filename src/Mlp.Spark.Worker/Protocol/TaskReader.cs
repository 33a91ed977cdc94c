using System.Buffers.Binary;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>
/// Reads what Spark says of a task before its data, in whichever layout it comes: there is no version number, so the bytes themselves have to tell. One per connection. Not thread-safe.
/// </summary>
/// <param name="known">The layout where it is known; null to find out.</param>
internal sealed class TaskReader(ProtocolVersion? known)
{
    /// <summary>Reads up to the data.</summary>
    /// <param name="input">The connection, at the start of a task.</param>
    /// <exception cref="EndOfStreamException">The connection ended within.</exception>
    /// <exception cref="ProtocolException">It is nothing that the worker understands or runs.</exception>
    public SparkTask Read(ProtocolReader input)
    {
        var first = input.ReadInt32();
        if (first != (int)ProtocolSignal.StartOfHeader)
        {
            Require(known is null or not ProtocolVersion.Spark43, "the frame of a task of Spark 4.3", "none");
            return Read(input, first, isFramed: false);
        }

        Require(known is null or ProtocolVersion.Spark43, $"a task of Spark {ProtocolVersionNames.NameOf(known ?? default)}", "the frame of one of 4.3");
        using var frame = new MemoryStream(input.ReadBytes("the message before the data", ProtocolLimits.FrameLength));
        using var reader = new ProtocolReader(frame);
        try
        {
            var task = Read(reader, reader.ReadInt32(), isFramed: true);
            Require(reader.IsAtEnd(), "the message before the data to end with its frame", "more bytes");
            return task;
        }
        catch (EndOfStreamException e)
        {
            throw new ProtocolException("Expected the whole message before the data within its frame, but the frame ended first.", e);
        }
    }

    private SparkTask Read(ProtocolReader input, int partition, bool isFramed)
    {
        Require(partition >= 0, "the index of a partition", FormattableString.Invariant($"{partition}"));
        var client = input.ReadText("the version of the client");
        var (version, identity) = ReadContext(input, isFramed);
        var folder = input.ReadText("the folder of files");
        var includes = ReadTexts(input, "included files");
        var broadcasts = ReadBroadcasts(input);
        var type = ReadEvaluationType(input);
        var settings = ReadSettings(input, "runner settings");
        var evaluation = version >= ProtocolVersion.Spark42 ? ReadSettings(input, "settings of the kind of function") : new Dictionary<string, string>();
        version = ReadFunctionLayout(input, version);
        return new SparkTask
        {
            PartitionIndex = partition,
            ClientVersion = client,
            Identity = identity,
            FilesFolder = folder,
            Includes = includes,
            BroadcastCount = broadcasts,
            EvaluationType = type,
            RunnerSettings = settings,
            EvaluationSettings = evaluation,
            Functions = ReadFunctions(input, ref version, type),
            Version = version,
        };
    }

    private (ProtocolVersion Version, TaskIdentity Identity) ReadContext(ProtocolReader input, bool isFramed)
    {
        if (known is null ? IsJson(input.Peek(6)) : known >= ProtocolVersion.Spark42)
        {
            return (isFramed ? ProtocolVersion.Spark43 : ProtocolVersion.Spark42, TaskContextJson.Read(input.ReadBytes("the task context", ProtocolLimits.TextLength)));
        }

        Require(!isFramed, "the task context of Spark 4.3, which is JSON", "another");
        RefuseBarrier(input.ReadBoolean("whether it is a barrier task"));
        var version = known ?? FindContextLayout(input);
        if (version < ProtocolVersion.Spark41)
        {
            input.ReadInt32();
            input.SkipBytes("the secret of barrier tasks");
        }

        var identity = new TaskIdentity(input.ReadInt32(), input.ReadInt32(), input.ReadInt32(), input.ReadInt64());
        Require(input.ReadInt32() >= 0, "a number of processors", "a negative one");
        for (var left = input.ReadCount("the number of resources", ProtocolLimits.EntryCount); left > 0; left--)
        {
            input.SkipBytes("the key of a resource");
            input.SkipBytes("the name of a resource");
            SkipTexts(input, "addresses of a resource", 1);
        }

        SkipTexts(input, "local properties", 2);
        return (version, identity);
    }

    /// <summary>A text that begins a JSON object: four bytes of length, then <c>{"</c>. A flag and a port or a stage never look like it.</summary>
    private static bool IsJson(ReadOnlySpan<byte> bytes) => bytes[4] == '{' && bytes[5] == '"';

    /// <summary>
    /// With port and secret the sixth number is the upper half of the task's id, which is 0 until two thousand million tasks have run; without them it is the number of processors, which is 1 at least.
    /// </summary>
    private static ProtocolVersion FindContextLayout(ProtocolReader input)
    {
        var sixth = BinaryPrimitives.ReadInt32BigEndian(input.Peek(6 * sizeof(int))[(5 * sizeof(int))..]);
        return sixth switch
        {
            0 => ProtocolVersion.Spark40,
            >= 1 => ProtocolVersion.Spark41,
            _ => throw new ProtocolException(FormattableString.Invariant(
                $"Expected a task of Spark 3.5 to 4.3, but found {sixth} where those have a part of the task's id or a number of processors. Say which version it is: {ProtocolVersionNames.Variable}.")),
        };
    }

    /// <summary>3.5 goes on with a number of functions, later versions with a flag: a byte that is 0 or 1.</summary>
    private ProtocolVersion ReadFunctionLayout(ProtocolReader input, ProtocolVersion version)
    {
        if (version >= ProtocolVersion.Spark42)
        {
            return version;
        }

        if (known is null && version == ProtocolVersion.Spark40 && BinaryPrimitives.ReadInt32BigEndian(input.Peek(sizeof(int))) is >= 1 and <= 255)
        {
            return ProtocolVersion.Spark35;
        }

        if (version >= ProtocolVersion.Spark40 && input.ReadBoolean("whether there is a profiler"))
        {
            throw new ProtocolException("Expected a task without a profiler (spark.sql.pyspark.udf.profiler), but found one with it: profilers are for Python.");
        }

        return version;
    }

    private static TaskFunction[] ReadFunctions(ProtocolReader input, ref ProtocolVersion version, EvaluationType type)
    {
        var count = input.ReadCount("the number of functions", ProtocolLimits.FunctionCount);
        Require(count > 0, "at least one function", "none");
        var functions = new TaskFunction[count];
        for (var i = 0; i < functions.Length; i++)
        {
            functions[i] = ReadFunction(input, version, type);
            if (version >= ProtocolVersion.Spark42)
            {
                input.ReadInt64();
            }
        }

        return functions;
    }

    private static TaskFunction ReadFunction(ProtocolReader input, ProtocolVersion version, EvaluationType type)
    {
        var hasNames = version >= ProtocolVersion.Spark42 || (version >= ProtocolVersion.Spark40 && EvaluationTypes.HasNames(type));
        var arguments = new List<FunctionArgument>();
        for (var left = input.ReadCount("the number of arguments", ProtocolLimits.ArgumentCount); left > 0; left--)
        {
            var offset = input.ReadInt32();
            Require(offset >= 0, "the offset of an argument", FormattableString.Invariant($"{offset}"));
            arguments.Add(new FunctionArgument(offset, hasNames && input.ReadBoolean("whether an argument has a name") ? input.ReadText("the name of an argument") : null));
        }

        var count = input.ReadCount("the number of commands", ProtocolLimits.ChainLength);
        Require(count > 0, "at least one command of a function", "none");
        var commands = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            commands[i] = input.ReadBytes("a command", CommandReader.MaximumLength);
        }

        return new TaskFunction(arguments, commands);
    }

    private static EvaluationType ReadEvaluationType(ProtocolReader input)
    {
        var type = input.ReadInt32();
        return EvaluationTypes.IsSupported(type)
            ? (EvaluationType)type
            : throw new ProtocolException(FormattableString.Invariant(
                $"Expected a function of kind 200, 204, 250 or 251 (scalar), 205 or 207 (map) or 201 or 209 (per group), but found kind {type}, which this worker does not run. Python functions run in sessions that do not set spark.sql.execution.pyspark.python to it."));
    }

    private static int ReadBroadcasts(ProtocolReader input)
    {
        Require(!input.ReadBoolean("whether broadcasts are encrypted"), "broadcasts that need no decryption", "such that do (spark.io.encryption.enabled)");
        var count = input.ReadCount("the number of broadcasts", ProtocolLimits.EntryCount);
        for (var left = count; left > 0; left--)
        {
            if (input.ReadInt64() >= 0)
            {
                input.SkipBytes("the path of a broadcast");
            }
        }

        return count;
    }

    private static Dictionary<string, string> ReadSettings(ProtocolReader input, string what)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = input.ReadCount($"the number of {what}", ProtocolLimits.EntryCount); left > 0; left--)
        {
            settings[input.ReadText($"a name among {what}")] = input.ReadText($"a value among {what}");
        }

        return settings;
    }

    private static List<string> ReadTexts(ProtocolReader input, string what)
    {
        var texts = new List<string>();
        for (var left = input.ReadCount($"the number of {what}", ProtocolLimits.EntryCount); left > 0; left--)
        {
            texts.Add(input.ReadText(what));
        }

        return texts;
    }

    private static void SkipTexts(ProtocolReader input, string what, int perEntry)
    {
        for (var left = perEntry * input.ReadCount($"the number of {what}", ProtocolLimits.EntryCount); left > 0; left--)
        {
            input.SkipBytes(what);
        }
    }

    /// <summary>Refuses a barrier task.</summary>
    /// <param name="isBarrier">Whether it is one.</param>
    /// <exception cref="ProtocolException">It is.</exception>
    public static void RefuseBarrier(bool isBarrier) => Require(!isBarrier, "a task that waits for no others", "a barrier task, which this worker does not run");

    private static void Require(bool isMet, string expected, string found)
    {
        if (!isMet)
        {
            throw new ProtocolException($"Expected {expected}, but found {found}.");
        }
    }
}
