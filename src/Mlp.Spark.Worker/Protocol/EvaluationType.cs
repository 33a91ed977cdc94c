namespace Mlp.Spark.Worker.Protocol;

/// <summary>The kinds of functions that the worker runs, by Spark's numbers.</summary>
internal enum EvaluationType
{
    /// <summary>Columns to a column.</summary>
    ScalarPandas = 200,

    /// <summary>A group to a table; flat columns.</summary>
    GroupedMapPandas = 201,

    /// <summary>Columns to a column.</summary>
    ScalarPandasIterator = 204,

    /// <summary>A table to a table; one column, a struct.</summary>
    MapPandas = 205,

    /// <summary>A table to a table; one column, a struct.</summary>
    MapArrow = 207,

    /// <summary>A group to a table; one column, a struct.</summary>
    GroupedMapArrow = 209,

    /// <summary>Columns to a column.</summary>
    ScalarArrow = 250,

    /// <summary>Columns to a column.</summary>
    ScalarArrowIterator = 251,
}
