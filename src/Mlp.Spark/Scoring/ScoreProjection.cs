using System.Globalization;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Scoring;

/// <summary>Columns of a table beside the answers that a function of its columns gives.</summary>
internal static class ScoreProjection
{
    private const string Answers = "_answers";

    /// <summary>The outputs under their numbers: the names of a struct's fields must differ in more than case, those of classes need not.</summary>
    /// <param name="outputs">The outputs, each with its value.</param>
    public static IReadOnlyList<OutputColumn> Number(IReadOnlyList<OutputColumn> outputs) => [.. outputs.Select((o, i) => o with { Name = Field(i) })];

    /// <summary>The table of kept columns and answers.</summary>
    /// <param name="table">The table.</param>
    /// <param name="kept">Names of the columns that stay.</param>
    /// <param name="outputs">The answers. A single one is what the function gives; several are the fields of its struct.</param>
    /// <param name="function">The function, which is called once for each row.</param>
    public static Relation Of(Relation table, IReadOnlyList<string> kept, IReadOnlyList<OutputColumn> outputs, Expression function)
    {
        if (outputs is [var single])
        {
            return Project(table, kept, [Alias(function, single.Name)]);
        }

        var answers = Answers;
        while (kept.Contains(answers, StringComparer.OrdinalIgnoreCase))
        {
            answers = "_" + answers;
        }

        return Project(Project(table, kept, [Alias(function, answers)]), kept, outputs.Select((o, i) => Alias(FieldOf(answers, i), o.Name)));
    }

    private static string Field(int index) => string.Create(CultureInfo.InvariantCulture, $"_{index}");

    private static Expression FieldOf(string column, int index)
        => new() { UnresolvedAttribute = new() { UnparsedIdentifier = $"{SparkTypeText.Quote(column)}.{SparkTypeText.Quote(Field(index))}" } };

    private static Expression Alias(Expression expression, string name) => new() { Alias = new() { Expr = expression, Name = { name } } };

    private static Relation Project(Relation table, IReadOnlyList<string> kept, IEnumerable<Expression> added)
        => new() { Project = new() { Input = table, Expressions = { kept.Select(FunctionPlans.Column).Concat(added) } } };
}
