using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Training.Trees;

/// <summary>The objective as a text model names it: <c>binary sigmoid:1</c>. Immutable.</summary>
/// <param name="Task">What such a model predicts.</param>
/// <param name="Link">What becomes of the sum of the leaves.</param>
/// <param name="Factor">Factor of <see cref="TreeLink.Sigmoid"/>.</param>
internal sealed record LightGbmObjective(ModelTask Task, TreeLink Link, double Factor = 1)
{
    /// <summary>Reads the line of a text model.</summary>
    /// <param name="line">The text behind <c>objective=</c>; empty for none.</param>
    /// <exception cref="LightGbmFormatException">It is an objective that nobody knows.</exception>
    public static LightGbmObjective Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (words is [] ? "custom" : words[0]) switch
        {
            "binary" => new(ModelTask.BinaryClassification, TreeLink.Sigmoid, Sigmoid(words)),
            "multiclass" or "softmax" => new(ModelTask.MulticlassClassification, TreeLink.Softmax),
            "multiclassova" or "multiclass_ova" or "ova" or "ovr" => new(ModelTask.MulticlassClassification, TreeLink.Sigmoid, Sigmoid(words)),
            "cross_entropy" or "xentropy" => new(ModelTask.Regression, TreeLink.Sigmoid),
            "cross_entropy_lambda" or "xentlambda" => new(ModelTask.Regression, TreeLink.Softplus),
            "poisson" or "gamma" or "tweedie" => new(ModelTask.Regression, TreeLink.Exponential),
            "regression" or "regression_l1" or "huber" or "fair" or "quantile" or "mape"
                => new(ModelTask.Regression, words.Contains("sqrt") ? TreeLink.SignedSquare : TreeLink.Identity),
            "lambdarank" or "rank_xendcg" => new(ModelTask.Ranking, TreeLink.Identity),
            "custom" or "none" => new(ModelTask.Regression, TreeLink.Identity),
            var other => throw new LightGbmFormatException($"Expected an objective whose output is known, but the model has '{other}'."),
        };
    }

    /// <summary>Applies the link to the scores of a row.</summary>
    public void Apply(Span<double> scores)
    {
        if (Link == TreeLink.Softmax)
        {
            var greatest = double.NegativeInfinity;
            foreach (var score in scores)
            {
                greatest = Math.Max(greatest, score);
            }

            double sum = 0;
            foreach (ref var score in scores)
            {
                sum += score = Math.Exp(score - greatest);
            }

            foreach (ref var score in scores)
            {
                score /= sum;
            }

            return;
        }

        foreach (ref var score in scores)
        {
            score = Link switch
            {
                TreeLink.Sigmoid => 1 / (1 + Math.Exp(-Factor * score)),
                TreeLink.Exponential => Math.Exp(score),
                TreeLink.SignedSquare => Math.Sign(score) * score * score,
                TreeLink.Softplus => score > 30 ? score + Math.Exp(-score) : Math.Log(1 + Math.Exp(score)),
                _ => score,
            };
        }
    }

    private static double Sigmoid(string[] words)
        => words.FirstOrDefault(w => w.StartsWith("sigmoid:", StringComparison.Ordinal)) is { } word
            && double.TryParse(word.AsSpan("sigmoid:".Length), CultureInfo.InvariantCulture, out var factor)
            ? factor
            : 1;
}
