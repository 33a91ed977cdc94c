using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace WebApi;

/// <summary>The answer: the probability of a big tip, the id by which the outcome is reported later, and what was known of company and area.</summary>
/// <param name="PredictionId">By this id the outcome is reported.</param>
/// <param name="Probability">Probability of a big tip.</param>
/// <param name="IsBigTip">Whether it reaches the model's threshold.</param>
/// <param name="ModelVersion">The version that answered.</param>
/// <param name="Features">For each view of the feature service: present, missing or expired.</param>
internal sealed record PredictResponse(string PredictionId, double Probability, bool IsBigTip, int ModelVersion, IReadOnlyDictionary<string, string> Features)
{
    /// <summary>Whether each stored view had a row for the keys. A view without one makes a prediction of the request alone, and a caller should know.</summary>
    /// <param name="rows">The row as it was read.</param>
    /// <param name="catalog">Says which views are stored.</param>
    public static Dictionary<string, string> StatusOf(FeatureRows rows, FeatureCatalog catalog)
    {
        var columns = rows.Layout.Columns;
        var status = rows.StatusOf(0);
        var result = new Dictionary<string, string>();
        for (var i = 0; i < columns.Count; i++)
        {
            var word = status[i] switch { FeatureStatus.Missing => "missing", FeatureStatus.Expired => "expired", _ => "present" };
            if (catalog.Views.Any(v => v.Name == columns[i].View))
            {
                result[columns[i].View] = word;
            }
        }

        return result;
    }
}
