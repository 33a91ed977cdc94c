using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;

namespace Mlp.Features.Materialization;

/// <summary>Event times of a back-fill, microseconds.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The time behind the last.</param>
internal sealed record EventTimeRange(long From, long To)
{
    /// <summary>SQL that is true for rows of the range.</summary>
    internal string Condition
    {
        get
        {
            var column = Sql.Name(FeatureViewDefinition.StoredEventTime);
            return string.Create(CultureInfo.InvariantCulture, $"{column} >= make_timestamp({From}) AND {column} < make_timestamp({To})");
        }
    }
}
