using Mlp.Runtime.Data;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>The reference profile of a training set: what monitoring compares production with.</summary>
internal static class TrainingProfile
{
    /// <summary>Profiles all rows of a training set and a model's scores on them.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="isCode">Which integers are codes, by the index of their feature.</param>
    /// <param name="scores">What the model says of all rows.</param>
    /// <param name="holdout">Rows that the model was not trained on; null where there are too few.</param>
    /// <param name="quantileSketch">How quantiles are kept.</param>
    public static ReferenceProfile Create(FeatureTable table, Func<int, bool> isCode, ModelScores scores, Holdout? holdout, QuantileSketchKind quantileSketch)
    {
        var builder = new ReferenceProfileBuilder(quantileSketch: quantileSketch);
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            if (column is VectorTableColumn)
            {
                // A histogram per element would say little of an embedding, and nothing of what its elements say together.
                continue;
            }

            var name = column.Feature.Name;
            var isPresent = Presence(column);
            _ = column switch
            {
                NumberColumn<float> single => builder.AddNumeric(name, single.Values, isPresent),
                NumberColumn<double> wide => builder.AddNumeric(name, wide.Values, isPresent),
                NumberColumn<long> code when isCode(i) => builder.AddCategorical(name, code.Values, isPresent),
                NumberColumn<long> integer => builder.AddNumeric(name, integer.Values, isPresent),
                BooleanColumn truth => builder.AddBoolean(name, truth.Values, isPresent),
                TextColumn text => builder.AddCategorical(name, Texts(text)),
                _ => throw new ArgumentOutOfRangeException(nameof(table), $"Expected a known column, but found {column.GetType().Name}."),
            };
        }

        holdout?.AddTo(builder);
        builder.SetScore(scores.OfOutput(0));
        if (scores.Width > 1)
        {
            // Of a binary model the score says it.
            builder.SetPredictedClass(scores.PredictedClasses());
        }

        return builder.Build();
    }

    private static bool[] Presence(TableColumn column)
    {
        var isPresent = new bool[column.RowCount];
        for (var row = 0; row < isPresent.Length; row++)
        {
            isPresent[row] = column.Statuses[row] == FeatureStatus.Present;
        }

        return isPresent;
    }

    private static string?[] Texts(TextColumn column)
    {
        var texts = new string?[column.RowCount];
        for (var row = 0; row < texts.Length; row++)
        {
            texts[row] = column.IsPresent(row) ? column.TextAt(row) : null;
        }

        return texts;
    }
}
