using Apache.Arrow;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Functions;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Functions;

public sealed class SparkMethodTests
{
    private const string Here = "Mlp.Spark.Tests.Functions.SparkMethodTests+Forms";
    private const string ColumnForms = "a method that takes Arrow arrays, or a RecordBatch, and gives an Arrow array";
    private const string TableForms = "a method that takes a RecordBatch and gives one, or takes an IEnumerable or IAsyncEnumerable of them and gives such a one";
    private const string Token = "each with or without a CancellationToken at the end";

    [Fact]
    public void Of_FormsThatTheWorkerCalls_AreNamed()
    {
        SparkMethod.Of(Forms.List).RequireTables();
        SparkMethod[] methods = [SparkMethod.Of(Forms.Twice), SparkMethod.Of(Forms.First), SparkMethod.Of(Forms.Clean), SparkMethod.Of(Forms.Stream), SparkMethod.Of(Forms.StreamAsync)];

        Assert.Equal(["Twice", "First", "Clean", "Stream", "StreamAsync"], methods.Select(m => m.Name));
        Assert.All(methods, m => Assert.Equal((Here, typeof(Forms).Assembly.Location), (m.Type, m.AssemblyPath)));
    }

    [Fact]
    public void Of_MethodWithoutANameForTheWorker_SaysWhatItIs()
    {
        static RecordBatch Local(RecordBatch table) => table;
        var (batch, seen) = (new Func<RecordBatch, RecordBatch>(new Forms().OfObject), 0);

        Refuse((RecordBatch table) => table, ", a lambda or a local function.");
        Refuse((RecordBatch table) => seen++ == 0 ? table : table, ", a lambda or a local function.");
        Refuse((Func<RecordBatch, RecordBatch>)Local, ", a lambda or a local function.");
        Refuse(batch, $"'{Here}.OfObject', a method of an object.");
        Refuse(Forms.Hidden, $"'{Here}.Hidden', which is not public.");
        Refuse(Forms.Generic<RecordBatch>, $"'{Here}.Generic', which has type parameters.");
        Refuse((Func<RecordBatch, RecordBatch>)Closed.Hidden, $"'{typeof(Closed).FullName}.Hidden', which is not public.");
        Refuse(Comparer<int>.Create, $"'{typeof(Comparer<int>).FullName}.Create', which has type parameters.");
        Refuse((Func<RecordBatch, RecordBatch>)Forms.Overloaded, $"'{Here}.Overloaded', one of 2 of that name.");

        static void Refuse(Delegate method, string expected)
        {
            var error = Assert.Throws<ArgumentException>(() => SparkMethod.Of(method));

            Assert.StartsWith("Expected a public static method of a public type, which the worker can find by its name, but found ", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_AnotherForm_NamesThoseThatThereAre()
    {
        var error = Assert.Throws<ArgumentException>(() => SparkMethod.Of(Math.Cbrt));

        Assert.StartsWith($"Expected {ColumnForms}, or {TableForms}, {Token}, but method 'System.Math.Cbrt' is 'Double Cbrt(Double)'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Column_OfAMethodThatDoesNotFit_IsRefused()
    {
        await using var session = new SparkSession(SparkConnectionString.Parse("sc://localhost:1"));
        var (twice, first, clean) = (SparkMethod.Of(Forms.Twice), SparkMethod.Of(Forms.First), SparkMethod.Of(Forms.Clean));

        Assert.Equal($"Expected {ColumnForms}, {Token}, but method '{Here}.Clean' is 'RecordBatch Clean(RecordBatch)'.", Refusal(() => session.MethodColumn(clean, "double", "a")));
        Assert.Equal($"Expected 1 argument for method '{Here}.Twice', but found 2.", Refusal(() => session.MethodColumn(twice, "double", "a", "b")));
        Assert.Equal($"Expected method '{Here}.Twice' to give bigint, as the query declares, but it gives double.", Refusal(() => session.MethodColumn(twice, "BIGINT", "a")));
        Assert.Equal(
            $"Expected a type as Spark's SQL writes it for what method '{Here}.First' gives, for example double or array<float>, but found 'array<doubel>'.",
            Refusal(() => session.MethodColumn(first, "array<doubel>", "a")));
        Assert.Contains("but found 'doubel'.", Refusal(() => session.MethodColumn(SparkMethod.FromAssembly("F.dll", "T", "M"), "doubel", "a")), StringComparison.Ordinal);
        Assert.NotNull(session.MethodColumn(first, "varchar(3)", "a"));
        Assert.NotNull(session.MethodColumn(twice, "DOUBLE", "a"));
        Assert.NotNull(session.MethodColumn(first, "bigint", "a", "b"));
        Assert.Contains("to give float", (await Assert.ThrowsAsync<ArgumentException>(() => session.RegisterFunctionAsync("f", twice, "float"))).Message, StringComparison.Ordinal);

        static string Refusal(Func<SparkColumn> create) => Assert.Throws<ArgumentException>(create).Message;
    }

    [Fact]
    public void RequireColumns_ResultOfEachArray_IsTheTypeThatSparkCallsSo()
    {
        (Delegate Method, string Type)[] methods =
        [
            (Results.Boolean, "boolean"), (Results.Int8, "tinyint"), (Results.Int16, "smallint"), (Results.Int32, "int"), (Results.Int64, "bigint"), (Results.Float, "float"), (Results.Double, "double"),
            (Results.String, "string"), (Results.Binary, "binary"), (Results.Date32, "date"),
        ];

        foreach (var (method, type) in methods)
        {
            SparkMethod.Of(method).RequireColumns(type, 1);
            var error = Assert.Throws<ArgumentException>(() => SparkMethod.Of(method).RequireColumns("timestamp", 1));
            Assert.EndsWith($" but it gives {type}.", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Apply_FunctionOfColumns_IsRefusedBeforeAnythingTravels()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerPath = "/opt/mlp/mlp-spark-worker" });

        var table = await Assert.ThrowsAsync<ArgumentException>(() => session.Range(0, 1).Apply(SparkMethod.Of(Forms.Twice), "id bigint").CountAsync());
        var group = await Assert.ThrowsAsync<ArgumentException>(() => session.Range(0, 1).GroupBy("id").Apply(SparkMethod.Of(Forms.First), "id bigint").CountAsync());

        Assert.Equal($"Expected {TableForms}, {Token}, but method '{Here}.Twice' is 'DoubleArray Twice(DoubleArray, CancellationToken)'.", table.Message);
        Assert.Contains("'IArrowArray First(RecordBatch)'", group.Message, StringComparison.Ordinal);
        Assert.Empty(server.Spark.Requests.OfType<AddArtifactsRequest>());
        Assert.Empty(server.Spark.Requests.OfType<ExecutePlanRequest>());
    }

    [Fact]
    public async Task Column_OfAMethod_DeclaresItsTypeToTheWorker()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerPath = "/opt/mlp/mlp-spark-worker" });

        await session.RegisterFunctionAsync("first", SparkMethod.Of(Forms.First), "array<integer>");

        var command = server.Spark.Single<ExecutePlanRequest>().Plan.Command.RegisterFunction.PythonUdf.Command.ToStringUtf8();
        Assert.Contains("""outputs":[{"name":"result","type":"array\u003Cint\u003E"}]""", command, StringComparison.Ordinal);
    }

    [Fact]
    public void FromAssembly_UriForAPathOfExecutors_IsRefused()
        => Assert.Throws<ArgumentException>(() => SparkMethod.FromAssembly("F.dll", "T", "M", "s3://bucket/F.dll"));

    /// <summary>A method per kind of array.</summary>
    public static class Results
    {
        public static BooleanArray Boolean(BooleanArray values) => values;

        public static Int8Array Int8(Int8Array values) => values;

        public static Int16Array Int16(Int16Array values) => values;

        public static Int32Array Int32(Int32Array values) => values;

        public static Int64Array Int64(Int64Array values) => values;

        public static FloatArray Float(FloatArray values) => values;

        public static DoubleArray Double(DoubleArray values) => values;

        public static StringArray String(StringArray values) => values;

        public static BinaryArray Binary(BinaryArray values) => values;

        public static Date32Array Date32(Date32Array values) => values;
    }

    /// <summary>Methods of several forms.</summary>
    public sealed class Forms
    {
        public static DoubleArray Twice(DoubleArray values, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested ? values : values;

        public static IArrowArray First(RecordBatch columns) => columns.Column(0);

        public static RecordBatch Clean(RecordBatch table) => table;

        public static IEnumerable<RecordBatch> Stream(IEnumerable<RecordBatch> tables) => tables;

        public static List<RecordBatch> List(IEnumerable<RecordBatch> tables) => [.. tables];

        public static IAsyncEnumerable<RecordBatch> StreamAsync(IAsyncEnumerable<RecordBatch> tables) => tables;

        public static T Generic<T>(T table) => table;

        public static RecordBatch Overloaded(RecordBatch table) => table;

        public static DoubleArray Overloaded(DoubleArray values) => values;

        internal static RecordBatch Hidden(RecordBatch table) => table;

        public RecordBatch OfObject(RecordBatch table) => GetHashCode() == 0 ? table : table;
    }

    /// <summary>A public method of a type that is not.</summary>
    private static class Closed
    {
        public static RecordBatch Hidden(RecordBatch table) => table;
    }
}
