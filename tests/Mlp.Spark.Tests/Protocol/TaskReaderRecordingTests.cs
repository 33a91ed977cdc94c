using System.Globalization;
using System.Text;
using Mlp.Spark.Worker.Protocol;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>Every field that a list of fields names is read, and nothing is left of the recording.</summary>
public class TaskReaderRecordingTests
{
    [ReferenceDataFact(SparkRecording.Folder)]
    public void All_FindsEveryRecording()
        => Assert.Equal(
            [("3.5.9", 6), ("4.0.5", 8), ("4.1.4", 8), ("4.2.1", 8), ("4.3.0", 8)],
            SparkRecording.All().GroupBy(r => (string)r[0]).Select(g => (g.Key, g.Count())));

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Read_RecordedTask_HasTheFieldsOfItsList(string version, string name) => RequireFields(SparkRecording.Load(version, name), known: null);

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Read_RecordedTaskOfAKnownLayout_HasTheFieldsOfItsList(string version, string name)
    {
        Assert.True(ProtocolVersionNames.TryRead(version[..3], out var known, out _));

        RequireFields(SparkRecording.Load(version, name), known);
    }

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.OtherKinds), MemberType = typeof(SparkRecording))]
    public void Read_RecordedTaskAsAnotherKind_HasTheFieldsOfItsList(string version, string name, int kind) => RequireFields(SparkRecording.Load(version, name).As(kind), known: null);

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.NamingKinds), MemberType = typeof(SparkRecording))]
    public void Read_RecordedTaskWithNamedArguments_HasTheirNames(string version, int kind) => RequireFields(SparkRecording.Load(version, "scalar-named-arguments").As(kind), known: null);

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Read_RecordedTaskOfAnotherLayout_IsRefusedOrEndsEarly(string version, string name)
    {
        var recording = SparkRecording.Load(version, name);
        foreach (var known in Enum.GetValues<ProtocolVersion>().Where(v => ProtocolVersionNames.NameOf(v) != version[..3]))
        {
            using var input = new ProtocolReader(new MemoryStream(recording.Input));

            var error = Record.Exception(() => Consume(input, new TaskReader(known).Read(input)));

            Assert.True(error is ProtocolException or EndOfStreamException, $"{known}: {error}");
        }
    }

    private static void RequireFields(SparkRecording recording, ProtocolVersion? known)
    {
        using var input = new ProtocolReader(new MemoryStream(recording.Input));

        var task = new TaskReader(known).Read(input);

        Assert.Equal(recording.Version[..3], ProtocolVersionNames.NameOf(task.Version));
        Assert.Equal(Number(recording, "partition index"), task.PartitionIndex);
        Assert.Equal(recording.Fields.Single(f => f.Name == "python version of the driver").Text, task.ClientVersion);
        Assert.Equal(Number(recording, "includes"), task.Includes.Count);
        Assert.Equal(Number(recording, "broadcasts"), task.BroadcastCount);
        Assert.Equal(Number(recording, "eval type"), (int)task.EvaluationType);
        Assert.Equal(Number(recording, "UDFs"), task.Functions.Count);
        Assert.Equal(recording.Fields.Single(f => f.Name == "SparkFiles folder").Text, task.FilesFolder);
        RequireIdentity(recording, task.Identity);
        RequireSettings(recording, task);
        RequireFunctions(recording, task);
        Consume(input, task);
    }

    private static void RequireIdentity(SparkRecording recording, TaskIdentity identity)
    {
        if (recording.ValuesOf("stage id").Count == 0)
        {
            // The list of a context of JSON has no offsets.
            Assert.Equal(identity.StageId, identity.TaskAttemptId);
            Assert.Equal((0, 0), (identity.PartitionId, identity.AttemptNumber));
            return;
        }

        Assert.Equal(
            (Number(recording, "stage id"), Number(recording, "partition id"), Number(recording, "attempt number"), Number(recording, "task attempt id")),
            (identity.StageId, identity.PartitionId, identity.AttemptNumber, (int)identity.TaskAttemptId));
    }

    private static void RequireSettings(SparkRecording recording, SparkTask task)
    {
        Assert.Equal(Number(recording, "runner conf entries"), task.RunnerSettings.Count);
        var settings = recording.Fields.SkipWhile(f => f.Name != "runner conf entries").ToList();
        var keys = settings.Where(f => f.Name == "key").Select(f => f.Text!).ToList();
        var values = settings.Where(f => f.Name == "value").Select(f => f.Text!).ToList();
        Assert.Equal(keys.Zip(values).ToDictionary(p => p.First, p => p.Second), task.RunnerSettings);
        Assert.Equal("UTC", task.RunnerSettings["spark.sql.session.timeZone"]);
        Assert.Empty(task.EvaluationSettings);
    }

    private static void RequireFunctions(SparkRecording recording, SparkTask task)
    {
        Assert.Equal(recording.ValuesOf("offset"), task.Functions.SelectMany(f => f.Arguments).Select(a => a.Offset.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(recording.Fields.Where(f => f.Name == "name").Select(f => f.Text), task.Functions.SelectMany(f => f.Arguments).Select(a => a.Name).OfType<string>());
        Assert.Equal(recording.Fields.Where(f => f.Name == "command").Select(f => f.Text), task.Functions.SelectMany(f => f.Commands).Select(c => Encoding.UTF8.GetString(c.Span)));
    }

    /// <summary>Reads the data: the streams and the end, and nothing after it.</summary>
    private static void Consume(ProtocolReader input, SparkTask task)
    {
        do
        {
            if (task.HasStreamPerGroup)
            {
                if (input.ReadInt32() == 0)
                {
                    break;
                }
            }

            using var reader = new BatchReader(input, new BatchAllocator(reuses: true));
            Assert.NotEmpty(reader.ReadSchema().FieldsList);
            while (reader.ReadBatch() is { } batch)
            {
                batch.Dispose();
            }
        }
        while (task.HasStreamPerGroup);

        Assert.Equal((int)ProtocolSignal.EndOfTask, input.ReadInt32());
        Assert.True(input.IsAtEnd());
    }

    private static int Number(SparkRecording recording, string name) => int.Parse(recording.Fields.Single(f => f.Name == name).Value, CultureInfo.InvariantCulture);
}
