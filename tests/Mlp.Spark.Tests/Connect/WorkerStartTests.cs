using Mlp.Spark.Connect;

namespace Mlp.Spark.Tests.Connect;

public sealed class WorkerStartTests
{
    private const string Job = "Job aborted due to stage failure: Task 1 in stage 0.0 failed 1 times, most recent failure: Lost task 1.0 in stage 0.0 (TID 1) (192.0.2.2 executor driver): ";

    private const string NoFile = Job
        + "java.io.IOException: Cannot run program \"mlp/mlp-spark-worker\" (in directory \"/tmp/a\"): error=2, No such file or directory\n\tat java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)\n"
        + "Caused by: java.io.IOException: error=2, No such file or directory\n\t... 32 more\n\nDriver stacktrace:\n\tat org.apache.spark.rdd.MapPart...";

    private const string NoLibrary = Job
        + "org.apache.spark.SparkException: \nError from python worker:\n  Failed to load libcoreclr.so, error: libstdc++.so.6.\n  a\n  b\n  c\nPYTHONPATH was:\n  x.jar\n"
        + "org.apache.spark.SparkException: EOFException occurred while reading the port number from pyspark.daemon's stdout.\n\tat org.apache.spark.A.b(A.scala:1)";

    private const string NotResolved = "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `nope` cannot be resolved. Did you mean one of the following? [`id`, `score`]";

    private const string Lateral = "[UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY] Lateral subqueries are not supported with outer relations that produce more than one row";

    [Theory]
    [InlineData(NoFile, null, "Expected executors to start the worker 'mlp/mlp-spark-worker', which travels with the session, but they cannot: error=2, No such file or directory.")]
    [InlineData(NoFile, "/opt/mlp-spark-worker", null)]
    [InlineData(
        NoLibrary,
        "/opt/w",
        "Expected executors to start the worker '/opt/w', which SparkSessionOptions.WorkerPath names, but that program does not answer as a worker does; it writes: Failed to load libcoreclr.so, error: libstdc++.so.6.; a; b.")]
    [InlineData("[DIVIDE_BY_ZERO] Division by zero.", "/opt/w", null)]
    public void Explain_TextOfSpark_SpeaksOfWorkersAlone(string text, string? workerPath, string? expected) => Assert.Equal(expected, WorkerStart.Explain(text, workerPath));

    [Theory]
    [InlineData(NoFile, Job + "java.io.IOException: Cannot run program \"mlp/mlp-spark-worker\" (in directory \"/tmp/a\"): error=2, No such file or directory\nCaused by: java.io.IOException: error=2, No such file or directory")]
    [InlineData("\nThe method threw.\n   at My.Method()\n at noon\n", "The method threw.\n   at My.Method()\n at noon")]
    [InlineData("", "")]
    [InlineData(NotResolved + ".; line 1 pos 0;\n'Filter ('nope > 1)\n+- Project [id#1L, trees(f0#2)#3 AS score#4]\n   +- Range (0, 1, st...", NotResolved + ".; line 1 pos 0")]
    [InlineData(NotResolved + ".;\n'UnresolvedRelation [nope], [], false\n", NotResolved + ".")]
    [InlineData(Lateral + ":\nLateralJoin lateral-subquery#1570 [id#887L], Inner\n:  +- SubqueryAlias x\n:     +- Project [score#915]", Lateral)]
    [InlineData(Lateral + "LateralJoin lateral-subquery#2350 [id#1515L], Inner\n:  +- SubqueryAlias x\n:     +- Project [score#1]\n.; line 1 pos 9;\nAggregate [count(1)]\n+- Project [sco...", Lateral)]
    [InlineData(
        "Job aborted due to stage failure: org.apache.spark.SparkException: [TASK_WRITE_FAILED] Task failed while writing rows to file:/out.\n\tat org.A.b(A.scala:1)\n"
        + "Caused by: org.apache.spark.api.python.PythonException: Expected a value.\nSay which.\n\tat org.A.b(A.scala:1)\nCaused by: java.io.EOFException\n\t... 7 more",
        "Expected a value.\nSay which.")]
    [InlineData("The method threw:\n- first\n+- second", "The method threw:\n- first\n+- second")]
    public void WithoutStackAndPlan_TextOfTheJvm_KeepsWhatIsSaid(string text, string expected) => Assert.Equal(expected, JvmText.WithoutStackAndPlan(text));
}
