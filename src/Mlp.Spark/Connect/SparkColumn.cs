using Mlp.Spark.Commands;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>A column of a query: one that is there, or one that is computed. Immutable.</summary>
public sealed class SparkColumn
{
    private readonly Func<Relation, CancellationToken, Task<Expression>> _build;
    private readonly string? _alias;

    internal SparkColumn(Func<Relation, CancellationToken, Task<Expression>> build, string? name, string? alias = null, SparkSession? session = null)
    {
        _build = build;
        _alias = alias;
        Session = session;
        Name = alias ?? name;
    }

    /// <summary>What the column will be called; null where Spark decides.</summary>
    public string? Name { get; }

    /// <summary>The session whose worker computes it; null where any can.</summary>
    internal SparkSession? Session { get; }

    /// <summary>A column of the table.</summary>
    /// <param name="name">Its name, whatever characters are in it.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static SparkColumn Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Of(new Expression { UnresolvedAttribute = new() { UnparsedIdentifier = SparkTypeText.Quote(name) } }, name);
    }

    /// <summary>A column that Spark's SQL computes.</summary>
    /// <param name="sql">The expression, for example <c>fare + tips AS total</c>.</param>
    /// <exception cref="ArgumentException">The expression is empty.</exception>
    public static SparkColumn Sql(string sql)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        return Of(new Expression { ExpressionString = new() { Expression = sql } }, null);
    }

    /// <summary>A column of the table, by its name.</summary>
    /// <param name="name">Its name.</param>
    public static implicit operator SparkColumn(string name) => Named(name);

    /// <summary>The column under another name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public SparkColumn As(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new SparkColumn(_build, Name, name, Session);
    }

    /// <summary>The expression, with its name.</summary>
    /// <param name="table">The table whose column it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<Expression> BuildAsync(Relation table, CancellationToken cancellationToken)
    {
        var expression = await _build(table, cancellationToken).ConfigureAwait(false);
        return _alias is null ? expression : new Expression { Alias = new() { Expr = expression, Name = { _alias } } };
    }

    /// <summary>The expression without its name, for a step that names it.</summary>
    /// <param name="table">The table whose column it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<Expression> BuildUnnamedAsync(Relation table, CancellationToken cancellationToken) => _build(table, cancellationToken);

    private static SparkColumn Of(Expression expression, string? name) => new((_, _) => Task.FromResult(expression), name);
}
