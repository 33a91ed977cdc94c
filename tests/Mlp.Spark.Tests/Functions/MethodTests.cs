using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Daemon;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Functions;

/// <summary>Methods of users: the forms that run, and a sentence for whatever goes wrong.</summary>
public sealed class MethodTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    [SparkRecordingTheory]
    [InlineData("Streams.Echo")]
    [InlineData("Streams.EchoAsync")]
    [InlineData("Streams.EchoLate")]
    [InlineData("Recorded.Echo")]
    public void Run_EachForm_GivesItsTable(string method)
    {
        var recording = SparkRecording.Load("4.3.0", "map-in-arrow-types");
        var expected = WorkerReply.Read(new MemoryStream(recording.Output));

        var reply = Run("4.3.0", "map-in-arrow-types", RecordedCommands.Call(method));

        Assert.True(reply.IsSuccess);
        Assert.Equal(expected.Rows, reply.Rows);
    }

    [SparkRecordingTheory]
    [InlineData("3.5.9", "grouped-map-201")]
    [InlineData("4.3.0", "grouped-map-201")]
    [InlineData("4.3.0", "grouped-map-209")]
    public void Run_MethodOverTheBatchesOfAGroup_RunsOncePerGroup(string version, string name)
        => Assert.Equal(["{n: 2}", "{n: 1}"], Run(version, name, RecordedCommands.Call("Streams.Count")).Rows);

    [SparkRecordingTheory]
    [InlineData("3.5.9", "grouped-map-201")]
    [InlineData("4.3.0", "grouped-map-209")]
    public void Run_MethodThatReadsNothingOfAGroup_IsStillAskedForTheNext(string version, string name)
    {
        var reply = Run(version, name, RecordedCommands.Call("Streams.Nothing"));

        Assert.True(reply.IsSuccess);
        Assert.False(reply.HasStream);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_MethodWithoutRows_SendsNoStream()
    {
        var reply = Run("4.3.0", "map-in-arrow", RecordedCommands.Call("Streams.Nothing"));

        Assert.True(reply.IsSuccess);
        Assert.False(reply.HasStream);
    }

    [SparkRecordingTheory]
    [InlineData("Faulty.Throw", "The method 'Mlp.Spark.TestFunctions.Faulty.Throw' threw InvalidOperationException: no such luck with 3 rows")]
    [InlineData("Faulty.ThrowEndOfStream", "The method 'Mlp.Spark.TestFunctions.Faulty.ThrowEndOfStream' threw EndOfStreamException: mine, not yours (3)")]
    [InlineData("Faulty.Null", "Expected a result from method 'Mlp.Spark.TestFunctions.Faulty.Null', but it gave null.")]
    [InlineData("Faulty.Ragged", "Expected 3 rows in column 'n' from method 'Mlp.Spark.TestFunctions.Faulty.Ragged', as in its batch, but found 1.")]
    [InlineData("Faulty.Add", "but method 'Mlp.Spark.TestFunctions.Faulty.Add' is 'Int32 Add(Int32, Int32)'.")]
    [InlineData("Faulty.Generic", "Expected a method 'Mlp.Spark.TestFunctions.Faulty.Generic' without type parameters in ")]
    [InlineData("Faulty.Twice", "but found 2 of that name.")]
    [InlineData("Faulty.Missing", "Expected one public static method 'Missing' of 'Mlp.Spark.TestFunctions.Faulty' in ")]
    [InlineData("Nowhere.Run", "Expected a public type 'Mlp.Spark.TestFunctions.Nowhere' in ")]
    [InlineData("Hidden.Echo", "but found one that is not public.")]
    [InlineData("Recorded.Linear", "Expected a method that takes a RecordBatch and gives one, or takes an IEnumerable or IAsyncEnumerable of them and gives such a one, each with or without")]
    public void Run_MethodThatDoesNotDo_IsASentence(string method, string expected)
    {
        var reply = Run("4.2.1", "map-in-arrow", RecordedCommands.Call(method));

        Assert.Contains(expected, reply.Error, StringComparison.Ordinal);
        Assert.False(reply.HasStream);
    }

    [SparkRecordingTheory]
    [InlineData("3.5.9")]
    [InlineData("4.3.0")]
    public void Run_MethodThatThrowsAfterTheFirstBatch_EndsTheStreamAndSaysSo(string version)
    {
        var reply = Run(version, "map-in-arrow", RecordedCommands.Call("Streams.FirstThenThrow"));

        Assert.True(reply.HasStream);
        Assert.Equal(3, reply.Rows.Count);
        Assert.Equal("The method 'Mlp.Spark.TestFunctions.Streams.FirstThenThrow' threw InvalidOperationException: after the first", reply.Error);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ScalarWithARowLess_IsASentence()
        => Assert.Equal(
            "Expected 3 rows from method 'Mlp.Spark.TestFunctions.Faulty.Short', one for each row that it got, but found 2.",
            Run("3.5.9", "scalar-chained", RecordedCommands.Call("Faulty.Short"), RecordedCommands.Call("Recorded.EchoColumn")).Error);

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ScalarOfATypeThatSparkLacks_IsASentence()
        => Assert.Equal(
            "Expected a column '_0' of a type that Spark has from method 'Mlp.Spark.TestFunctions.Faulty.Unsigned', but found Arrow type uint32.",
            Run("3.5.9", "scalar-chained", RecordedCommands.Call("Recorded.EchoColumn"), RecordedCommands.Call("Faulty.Unsigned")).Error);

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ScalarOfAnotherTypeThanDeclared_IsASentence()
        => Assert.Equal(
            "Expected 'x' (float) as column 1 from method 'Mlp.Spark.TestFunctions.Recorded.Product', as the query declares, but found 'x' (double).",
            Run("4.3.0", "scalar-named-arguments", RecordedCommands.Call("Recorded.Product", new ResultColumn("x", "float"))).Error);

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_TableOfOtherColumnsThanDeclared_IsASentence()
        => Assert.Contains(
            "Expected 'id' (bigint) as column 1 from method 'Mlp.Spark.TestFunctions.Recorded.Echo', as the query declares, but found 'bo' (boolean).",
            Run("4.3.0", "map-in-arrow-types", RecordedCommands.Call("Recorded.Echo", new ResultColumn("id", "bigint"))).Error,
            StringComparison.Ordinal);

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_TableOfMoreOrFewerColumnsThanDeclared_IsASentence()
    {
        Assert.Contains(
            "Expected 1 column from method 'Mlp.Spark.TestFunctions.Recorded.Score', as the query declares, but found 2: 'score' (double) is too many.",
            Run("4.3.0", "map-in-arrow", RecordedCommands.Call("Recorded.Score", new ResultColumn("id", "bigint"))).Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "Expected 3 columns from method 'Mlp.Spark.TestFunctions.Recorded.Score', as the query declares, but found 2: 'n' (int) is missing.",
            Run("4.3.0", "map-in-arrow", RecordedCommands.Call("Recorded.Score", new ResultColumn("id", "bigint"), new ResultColumn("score", "double"), new ResultColumn("n", "int"))).Error,
            StringComparison.Ordinal);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ArgumentThatTheMethodDoesNotTake_IsASentence()
    {
        Assert.Equal(
            "Expected 1 argument for method 'Mlp.Spark.TestFunctions.Recorded.EchoColumn', but the query passes 2.",
            Run("4.3.0", "scalar-named-arguments", RecordedCommands.Call("Recorded.EchoColumn")).Error);
        Assert.Equal(
            "Expected argument 'texts' of method 'Mlp.Spark.TestFunctions.Dependent.Escape' as StringArray, but found DoubleArray.",
            Run("3.5.9", "scalar-chained", RecordedCommands.Call("Dependent.Escape"), RecordedCommands.Call("Recorded.EchoColumn")).Error);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_MethodOfTablesAsAColumn_IsASentence()
        => Assert.Equal(
            "Expected a method that takes Arrow arrays, or a RecordBatch, and gives an Arrow array, each with or without a CancellationToken at the end, but method 'Mlp.Spark.TestFunctions.Recorded.Echo' is 'RecordBatch Echo(RecordBatch)'.",
            Run("4.3.0", "scalar-named-arguments", RecordedCommands.Call("Recorded.Echo")).Error);

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_AssemblyThatIsMissingOrAnother_IsASentence()
    {
        var (path, hash) = RecordedCommands.Assembly;
        var other = new string('0', 64);

        Assert.Contains($"Expected the assembly of a method with SHA-256 {other} at '{path}', but found SHA-256 {hash}.", RunAssembly(path, other), StringComparison.Ordinal);
        Assert.Contains("Expected the assembly of a method at '/nowhere/My.dll', but found no file.", RunAssembly("/nowhere/My.dll", other), StringComparison.Ordinal);
        Assert.Contains("Expected the assembly of a method at '/tmp', but found a folder.", RunAssembly("/tmp", other), StringComparison.Ordinal);
        Assert.Contains("within the files of the session, but '../My.dll' leads out of them.", RunAssembly("../My.dll", other), StringComparison.Ordinal);
        Assert.Contains("but found 's3://bucket/My.dll'", RunAssembly("s3://bucket/My.dll", other), StringComparison.Ordinal);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_FileThatIsNoAssembly_IsASentence()
    {
        using var folder = new TempDirectory();
        File.WriteAllText(folder.Combine("text.dll"), "no assembly");
        var (path, hash) = RecordedCommands.Reference(folder.Combine("text.dll"));

        Assert.Contains($"Expected a .NET assembly at '{path}', but it cannot be loaded:", RunAssembly(path, hash), StringComparison.Ordinal);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_MethodThatNeedsAnotherAssembly_FindsItBesideItsOwn()
    {
        var reply = Run("4.3.0", "scalar-named-arguments", RecordedCommands.Call("Recorded.Product"));
        var where = Run("3.5.9", "scalar-chained", RecordedCommands.Call("Recorded.EchoColumn"), RecordedCommands.Call("Dependent.Where"));

        Assert.True(reply.IsSuccess);
        Assert.Null(where.Error);
        Assert.Equal($"'{Path.Combine(AppContext.BaseDirectory, "functions")}|{Path.Combine(AppContext.BaseDirectory, "worker", "Apache.Arrow.dll")}'", where.Rows[0]);
    }

    private string? RunAssembly(string path, string hash)
        => Run("4.3.0", "map-in-arrow", new MethodCommand { Method = new MethodReference(new FileReference(path, hash), "A", "B") }).Error;

    private WorkerReply Run(string version, string name, params WorkerCommand[] commands)
    {
        using var peer = daemon.Worker.Connect();
        return peer.Run(RecordedCommands.Rewrite(SparkRecording.Load(version, name), commands));
    }
}
