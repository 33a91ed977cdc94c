using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>A figure of a classifier that can be estimated without labels. Of several classes it is the mean over the classes, each against the rest; the last four and average precision are of a binary one only.</summary>
public enum EstimatedMetric
{
    /// <summary>Area under the ROC curve.</summary>
    [JsonStringEnumMemberName("auc")]
    Auc,

    /// <summary>Average precision.</summary>
    [JsonStringEnumMemberName("average_precision")]
    AveragePrecision,

    /// <summary>Accuracy: at the threshold, or of the class of the greatest score.</summary>
    [JsonStringEnumMemberName("accuracy")]
    Accuracy,

    /// <summary>Precision at the threshold.</summary>
    [JsonStringEnumMemberName("precision")]
    Precision,

    /// <summary>Recall at the threshold.</summary>
    [JsonStringEnumMemberName("recall")]
    Recall,

    /// <summary>Specificity at the threshold: share of the negative rows that were predicted so.</summary>
    [JsonStringEnumMemberName("specificity")]
    Specificity,

    /// <summary>F1 at the threshold.</summary>
    [JsonStringEnumMemberName("f1")]
    F1,

    /// <summary>True positives at the threshold.</summary>
    [JsonStringEnumMemberName("true_positive")]
    TruePositive,

    /// <summary>True negatives at the threshold.</summary>
    [JsonStringEnumMemberName("true_negative")]
    TrueNegative,

    /// <summary>False positives at the threshold.</summary>
    [JsonStringEnumMemberName("false_positive")]
    FalsePositive,

    /// <summary>False negatives at the threshold.</summary>
    [JsonStringEnumMemberName("false_negative")]
    FalseNegative,
}
