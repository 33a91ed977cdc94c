using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Scoring;

/// <summary>Finds the features of a model among the columns of a table, so that what does not fit is said before anything runs.</summary>
/// <param name="manifest">The version.</param>
/// <param name="options">Where features come from.</param>
internal sealed class ScoreBinding(ModelManifest manifest, SparkScoreOptions options)
{
    private readonly InputPlan _plan = ModelFeatureService.Plan(manifest, null);

    /// <summary>Where each feature comes from.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="views">The on-demand views that the worker computes; null for none.</param>
    /// <param name="names">How Spark compares names; null for without case, as it does where nobody says otherwise.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public IReadOnlyList<InputColumn> Bind(IReadOnlyList<TableColumn> columns, ServiceViews? views = null, StringComparer? names = null)
    {
        RequireOptions();
        names ??= StringComparer.OrdinalIgnoreCase;
        var inputs = new List<InputColumn>();
        var matrices = FindMatrices(columns);
        foreach (var feature in _plan.Layout.Columns)
        {
            if (views?.SourceOf(feature.Name) is var (view, field))
            {
                inputs.Add(new InputColumn(feature.Name, field, View: view));
            }
            else if (matrices.FirstOrDefault(m => m.Holds(feature)) is not { } matrix)
            {
                inputs.Add(Bind(feature.Name, feature.Type, feature.IsVector, VectorLength.Describe(feature), columns, names));
            }
            else if (inputs.All(i => i.Feature != matrix.Name))
            {
                inputs.Add(Bind(matrix.Name, matrix.Type, isVector: true, VectorLength.Describe(matrix.Type, matrix.Width), columns, names));
            }
        }

        return inputs;
    }

    /// <summary>The arguments of a function, one per feature, in the model's order.</summary>
    /// <param name="arguments">Types of the arguments, with names for messages; null where they are not known yet.</param>
    /// <param name="count">Number of arguments; null where that is not known either.</param>
    /// <exception cref="ArgumentException">There are more or fewer arguments, or one has a type that does not fit.</exception>
    public IReadOnlyList<InputColumn> BindArguments(IReadOnlyList<TableColumn>? arguments, int? count)
    {
        RequireOptions();
        var features = _plan.Layout.Columns;
        if (count is not { } given)
        {
            return [.. features.Select(f => new InputColumn(f.Name, null, options.RoundToFloat32))];
        }

        // A single argument for a model of one matrix is the matrix.
        if (given == 1 && features.Count > 1 && _plan.Inputs is [{ Kind: FeatureInputKind.Block, Type: { } type } input])
        {
            Require(arguments?[0], input.Name, type, isVector: true, VectorLength.Describe(type, input.Width));
            return [new InputColumn(input.Name, null, options.RoundToFloat32)];
        }

        if (given != features.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected one argument for each of {features.Count} features ({string.Join(", ", features.Select(f => $"'{f.Name}'"))}), but found {given} ({manifest.Where})."));
        }

        for (var i = 0; i < given; i++)
        {
            Require(arguments?[i], features[i].Name, features[i].Type, features[i].IsVector, VectorLength.Describe(features[i]));
        }

        return [.. features.Select(f => new InputColumn(f.Name, null, options.RoundToFloat32))];
    }

    /// <summary>How nulls are handled.</summary>
    public NullHandling Nulls() => ScoreNulls.Of(options);

    /// <summary>Matrices that nobody has described, of which the table has one column of vectors and no column per value.</summary>
    private List<Matrix> FindMatrices(IReadOnlyList<TableColumn> columns)
    {
        if (manifest.Features is not null)
        {
            return [];
        }

        return [.. _plan.Inputs.Where(i => i is { Kind: FeatureInputKind.Block, Type: not null }).Select(i => new Matrix(i.Name, i.Type!.Value, i.Width))
            .Where(m => options.Columns.ContainsKey(m.Name) || columns.Any(c => c.Name == m.Name && (ColumnFit.IsVector(c.Type) || !columns.Any(m.HasValue))))];
    }

    private InputColumn Bind(string feature, FeatureType type, bool isVector, string described, IReadOnlyList<TableColumn> columns, StringComparer names)
    {
        var name = options.Columns.GetValueOrDefault(feature, feature);
        if (TableColumns.FindFault([.. columns.Select(c => c.Name)], name, names) is { } fault)
        {
            throw new ArgumentException($"Expected a column '{name}' of type {described} for feature '{feature}', but found {fault} ({manifest.Where}).");
        }

        Require(columns.First(c => c.Name == name), feature, type, isVector, described);
        return new InputColumn(feature, name, options.RoundToFloat32 && type == FeatureType.Float32);
    }

    private void Require(TableColumn? column, string feature, FeatureType type, bool isVector, string described)
    {
        if (column is null || ColumnFit.Holds(column.Type, type, isVector, options.RoundToFloat32))
        {
            return;
        }

        var advice = ColumnFit.NeedsRounding(column.Type, type, isVector) ? $" {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.RoundToFloat32)} rounds its values."
            : !isVector ? string.Empty
            : type == FeatureType.Float32 && !options.RoundToFloat32 ? $" array<float> is taken, and with {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.RoundToFloat32)} array<double> and ml vectors."
            : " array<float>, array<double> and ml vectors are taken.";
        throw new ArgumentException($"Expected column '{column.Name}' to hold feature '{feature}' of type {described}, but found type {column.Description} ({manifest.Where}).{advice}");
    }

    /// <summary>Refuses features that the model does not have, which are mistakes in writing, and null policies that do not fit it.</summary>
    private void RequireOptions()
    {
        var known = _plan.Layout.Columns.Select(f => f.Name).Concat(_plan.Inputs.Select(i => i.Name)).ToHashSet(StringComparer.Ordinal);
        if (options.Columns.Keys.Concat(options.Nulls?.Features.Keys ?? Enumerable.Empty<string>()).FirstOrDefault(f => !known.Contains(f)) is { } unknown)
        {
            throw new ArgumentException($"Expected features of the model in {nameof(SparkScoreOptions)}, but found '{unknown}'; it has {string.Join(", ", _plan.Layout.Columns.Select(f => $"'{f.Name}'"))} ({manifest.Where}).");
        }

        ScoreNulls.Require(options, manifest, _plan);
    }

    private sealed record Matrix(string Name, FeatureType Type, int Width)
    {
        public bool HasValue(TableColumn column) => column.Name.StartsWith(Name + "[", StringComparison.Ordinal);

        public bool Holds(FeatureColumn feature) => feature.Type == Type && feature.Name.StartsWith(Name + "[", StringComparison.Ordinal);
    }
}
