using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>What the columns of a source are read for: those whose values mean something else than their Arrow type says.</summary>
/// <param name="Times">Columns that are read for nothing but times: integers among them are microseconds.</param>
/// <param name="Guids">Columns that are read for GUIDs: binaries of 16 bytes among them are such.</param>
/// <param name="Features">Columns that are read for features.</param>
internal sealed record ArrowColumnRoles(IReadOnlySet<string> Times, IReadOnlySet<string> Guids, IReadOnlySet<string> Features)
{
    /// <summary>No column is read for anything in particular.</summary>
    internal static ArrowColumnRoles None { get; } = new(new HashSet<string>(), new HashSet<string>(), new HashSet<string>());

    internal static ArrowColumnRoles Of(FeatureViewDefinition view, SourceIngestOptions options)
    {
        var times = Sources([view.EventTimeColumn, view.CreatedTimeColumn ?? view.EventTimeColumn]);
        times.ExceptWith(Sources(view.Keys.Select(key => key.Name).Concat(view.Fields.Select(field => field.Name))));
        return new ArrowColumnRoles(times, Sources(view.Keys.Where(key => key.Kind == EntityValueKind.Guid).Select(key => key.Name)), Sources(view.Fields.Select(field => field.Name)));

        HashSet<string> Sources(IEnumerable<string> columns)
            => columns.Where(column => !options.Expressions.ContainsKey(column))
                .Select(column => options.Columns.TryGetValue(column, out var mapped) ? mapped : column)
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }
}
