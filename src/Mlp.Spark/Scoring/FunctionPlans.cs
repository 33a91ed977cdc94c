using Google.Protobuf;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Scoring;

/// <summary>The messages by which Spark is told to call the worker, which it takes for Python.</summary>
internal static class FunctionPlans
{
    /// <summary>A function of columns.</summary>
    public const int Scalar = 200;

    /// <summary>A function of groups. Every version since 3.5 has it, and sends the columns under their names.</summary>
    public const int Groups = 201;

    /// <summary>A function of whole tables.</summary>
    public const int Tables = 207;

    private const string Version = "mlp/1";

    /// <summary>A function.</summary>
    /// <param name="name">Its name, for plans and messages of Spark.</param>
    /// <param name="kind">What it is a function of.</param>
    /// <param name="command">What the worker does.</param>
    /// <param name="output">What it gives.</param>
    /// <param name="arguments">Its arguments.</param>
    public static CommonInlineUserDefinedFunction Create(string name, int kind, WorkerCommand command, DataType output, IEnumerable<Expression> arguments) => new()
    {
        FunctionName = name,
        Deterministic = true,
        Arguments = { arguments },
        PythonUdf = new PythonUDF { EvalType = kind, OutputType = output, Command = ByteString.CopyFrom(CommandReader.Write(command)), PythonVer = Version },
    };

    /// <summary>A column of a table.</summary>
    /// <param name="name">Its name.</param>
    public static Expression Column(string name) => new() { UnresolvedAttribute = new() { UnparsedIdentifier = SparkTypeText.Quote(name) } };

    /// <summary>A type by its text.</summary>
    /// <param name="ddl">A type, or the columns of a table.</param>
    public static DataType Type(string ddl) => new() { Unparsed = new() { DataTypeString = ddl } };
}
