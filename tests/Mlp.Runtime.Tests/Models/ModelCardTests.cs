using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Tests.Models;

public sealed class ModelCardTests
{
    [Fact]
    public void Render_Manifest_IsThisPage()
    {
        var manifest = Manifest() with
        {
            Description = "Tips above 20 %.",
            FeatureService = new FeatureServiceReference("big-tipper", 1, "abc"),
            Features = [new FeatureColumn("fare", FeatureType.Float32, "trip")],
            Metrics = new Dictionary<string, double> { ["log_loss"] = 0.25, ["auc"] = 0.94123456 },
            ExportProof = new ExportProof(300, 1.5e-6, 1e-5),
            GoldenRowsSha256 = new string('e', 64),
            TrainingSetHash = new string('c', 64),
            Origin = new ModelOrigin("tips", 7, DateTimeOffset.UnixEpoch, new string('d', 64)) { ParentVersion = 6 },
        };

        Assert.Equal(
            """
            # taxi\-tips, version 3

            Tips above 20 %\.

            Published 2024-06-01 12:00:00 UTC.

            ## What it predicts

            One of two classes; the score is the probability of the positive one.

            |  |  |
            | --- | --- |
            | Classes | small, big |
            | Decision threshold | 0\.35 |
            | Score | column 0 of output \'p\' |

            ## What it takes

            | Input | Type | Shape |
            | --- | --- | --- |
            | x | Float32 | \[N, 1\] |

            Features come from service big\-tipper version 1, fingerprint abc.

            | Feature | Type | View |
            | --- | --- | --- |
            | fare | Float32 | trip |

            ## How good it was

            | Metric | Value |
            | --- | --- |
            | auc | 0\.941235 |
            | log\_loss | 0\.25 |

            The file was compared with the trained model on 300 rows: the largest difference was 1.5E-06 (aim: 1E-05, relative to values above 1).

            It has golden rows: real rows with their answers, which are run whenever it is loaded. A package may leave them out.

            ## Where it came from

            |  |  |
            | --- | --- |
            | Training set | cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc |
            | Imported from | tips version 7, published 1970\-01\-01 00\:00\:00 UTC |
            | Parent version there | 6 |
            | SHA\-256 of the package | dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd |

            ## Files

            | File | Bytes | SHA-256 |
            | --- | --- | --- |
            | model\.onnx | 10 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa |

            ## How to call it

            ```csharp
            builder.AddModel("taxi-tips", model => model.FromVersion(3));
            // ...
            var model = platform.GetModel("taxi-tips");
            var prediction = await model.PredictAsync(keys, request);
            ```

            """.ReplaceLineEndings("\n"),
            ModelCard.Render(manifest));
    }

    [Fact]
    public void Render_ModelOfNarrowNumbers_SaysWhatTheyCost()
    {
        var cost = new PrecisionCost("int8", 0.0125, 0.05) { Metrics = [new("auc", 0.91, 0.9), new("log_loss", 0.3, 0.32)] };

        var page = ModelCard.Render(Manifest() with { ExportProof = new ExportProof(300, 1.5e-6, 1e-5) { Precision = cost } });

        Assert.Contains(
            "It computes in int8: no score of the rows of the comparison changed by more than 0.0125 by that; auc went from 0.91 to 0.9; log\\_loss went from 0.3 to 0.32.\n\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_ModelOfAnotherTool_SaysHowItCanBeCalled()
    {
        var floats = ModelCard.Render(Manifest());
        var texts = ModelCard.Render(Manifest() with { Signature = new ModelSignature([new("x", TensorElementKind.String, [-1, 1])], []) });
        var mixed = ModelCard.Render(Manifest() with { Features = [new FeatureColumn("a", FeatureType.Float32, "v"), new FeatureColumn("b", FeatureType.Int64, "v")] });

        Assert.Contains("Callers bring them as rows, records or tables, or the inputs by their names.", floats, StringComparison.Ordinal);
        Assert.Contains("model.Predict(features);", floats, StringComparison.Ordinal);
        Assert.All([texts, mixed], c => Assert.Contains("model.As<TFeatures, TAnswer>().Predict(features);", c, StringComparison.Ordinal));
    }

    [Fact]
    public void Render_TrainingSet_ShowsRowsLabelsAndCommits()
    {
        var set = new TrainingSetManifest
        {
            Features = [],
            LabelColumns = ["tip", "share"],
            WeightColumn = "w",
            TimeColumn = "at",
            JoinMode = JoinMode.CreatedTime,
            Commits = [new FeatureViewCommit("company_stats", 2, "abc", 17)],
            RowCount = 300,
            ContentHash = new string('c', 64),
            CreatedAt = DateTimeOffset.UnixEpoch,
        };

        Assert.Contains(
            """
            ## What it was trained on

            |  |  |
            | --- | --- |
            | Rows | 300 |
            | Label | tip, share |
            | Weight | w |
            | Time | at |
            | Made | 1970\-01\-01 00\:00\:00 UTC |
            | Values that a row could see | those known at its time |

            | View | Version | Commit | Fingerprint |
            | --- | --- | --- | --- |
            | company\_stats | 2 | 17 | abc |

            ## Files

            """.ReplaceLineEndings("\n"),
            ModelCard.Render(Manifest(), set),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a | b\n# Title", @"a \| b \# Title")]
    [InlineData("<script>alert(1)</script>", @"&lt;script&gt;alert\(1\)&lt;\/script&gt;")]
    [InlineData("[x](javascript:y) ![i](z)", @"\[x\]\(javascript\:y\) \!\[i\]\(z\)")]
    [InlineData("https://evil.example", @"https\:\/\/evil\.example")]
    [InlineData("`code` *b* _i_ ~s~ &amp; \\", @"\`code\` \*b\* \_i\_ \~s\~ &amp;amp; \\")]
    [InlineData("turn\u202earound\u0007", "turn around")]
    public void Render_TextOfStrangers_StaysText(string text, string expected)
    {
        var card = ModelCard.Render(Manifest() with { Tags = new Dictionary<string, string> { ["t"] = text } });

        Assert.Contains($"| Tag t | {expected} |\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NameThatWouldEndTheCode_DoesNot()
    {
        var card = ModelCard.Render(Manifest() with { Name = "a\"\n```\n<b>" });

        Assert.Equal(2, card.Split("```").Length - 1);
        Assert.Contains("GetModel(\"a\\u0022\\u000a\\u0060\\u0060\\u0060\\u000a\\u003cb\\u003e\")", card, StringComparison.Ordinal);
    }

    private static ModelManifest Manifest() => new()
    {
        Name = "taxi-tips",
        Version = 3,
        CreatedAt = new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero),
        OnnxSha256 = new string('a', 64),
        OnnxByteCount = 10,
        Signature = new ModelSignature([new TensorSpecification("x", TensorElementKind.Float32, [-1, 1])], [new TensorSpecification("p", TensorElementKind.Float32, [-1, 1])]),
        Output = new ModelOutput { Task = ModelTask.BinaryClassification, ScoreOutput = "p", ClassNames = ["small", "big"], DecisionThreshold = 0.35 },
    };
}
