using Mlp.Features.Definitions;

namespace Mlp.Features.Joins;

/// <summary>Which columns the rows of a question have.</summary>
internal static class SpineColumns
{
    /// <summary>Checks the names of columns.</summary>
    /// <param name="service">The features wanted.</param>
    /// <param name="names">The names, in order.</param>
    /// <param name="timeColumn">The column with the time of each row.</param>
    /// <param name="labelColumn">The label column, or null.</param>
    /// <exception cref="SpineException">A column is missing, or a name is taken.</exception>
    internal static void Check(FeatureServiceDefinition service, IReadOnlyList<string> names, string timeColumn, string? labelColumn)
    {
        var needed = service.Description.Keys.Select(k => k.Name).Append(timeColumn);
        needed = labelColumn is null ? needed : needed.Append(labelColumn);
        needed = needed.Concat(service.Views.Where(v => v.OnDemand is not null).SelectMany(v => v.OnDemand!.RequestFields.Select(f => f.Name)));
        foreach (var name in needed)
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new SpineException($"Expected a column '{name}' in the rows for {service}, but found {string.Join(", ", names.Select(n => $"'{n}'"))}.", name);
            }
        }

        CheckLabel(service, timeColumn, labelColumn);
        CheckNames(service, names);
    }

    private static void CheckLabel(FeatureServiceDefinition service, string timeColumn, string? labelColumn)
    {
        if (labelColumn is null)
        {
            return;
        }

        if (labelColumn == timeColumn)
        {
            throw new SpineException($"Expected a label column beside the time column for {service}, but '{labelColumn}' is named as both.", labelColumn);
        }

        if (service.Description.Keys.Any(key => key.Name == labelColumn))
        {
            throw new SpineException($"Expected a label column that is no key of {service}, but found '{labelColumn}'.", labelColumn);
        }
    }

    private static void CheckNames(FeatureServiceDefinition service, IReadOnlyList<string> names)
    {
        // Without regard to case, because SQL and Parquet readers would take two columns for one.
        var features = service.Description.Layout.Columns.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            if (features.Contains(name))
            {
                throw new SpineException($"Expected the columns of the rows to differ from the features of {service}, but both have '{name}'.", name);
            }

            if (name.Contains("__", StringComparison.Ordinal))
            {
                throw new SpineException($"Expected the columns of the rows to leave names with '__' to the platform, but found '{name}'.", name);
            }

            if (!seen.Add(name))
            {
                throw new SpineException($"Expected the columns of the rows to have different names without regard to case, but '{name}' occurs twice.", name);
            }
        }
    }
}
