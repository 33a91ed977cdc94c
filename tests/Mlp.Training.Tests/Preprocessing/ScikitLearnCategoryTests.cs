using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>The graph of categories and texts, run in ONNX Runtime on the census of 1994, against scikit-learn's transformers; of target encoding, which Debian's version lacks, against numpy.</summary>
public sealed class ScikitLearnCategoryTests
{
    private const string File = "data/adult.csv";
    private const int RowCount = 6000;
    private const int TrainingCount = 4000;

    private static readonly string[] Names = ["type_employer", "education", "occupation", "country"];

    [ScikitLearnFact(File)]
    public void OneHot_OfRareAndUnknownValues_IsOneHotEncoder()
    {
        foreach (var (unknown, handling) in new[] { (UnknownCategory.AsRare, "infrequent_if_exist"), (UnknownCategory.Nothing, "ignore") })
        {
            var options = Recipes(r => r.OneHot(maximumCategories: 1000, minimumCount: 30).Unknown = unknown);
            var expected = ScikitLearn.Run(Head + $$"""
                from sklearn.preprocessing import OneHotEncoder
                for name in names:
                    x = np.array([r[name] for r in rows], dtype=object).reshape(-1, 1)
                    e = OneHotEncoder(min_frequency=30, handle_unknown='{{handling}}', sparse_output=False).fit(x[:training])
                    y = e.transform(x)
                    for i, column in enumerate(e.get_feature_names_out([name])):
                        value = column[len(name) + 1:]
                        key = name + ' is another' if value == 'infrequent_sklearn' else name + ' is missing' if value == '?' else name + '=' + value
                        out[key] = y[:, i]
                """);

            AssertColumns(expected, options, 0);
        }
    }

    [ScikitLearnFact(File)]
    public void Ordinal_ByValue_IsOrdinalEncoder()
    {
        var options = Recipes(r => r.Ordinal(CategoryOrder.Value).Standardise = false);
        var expected = ScikitLearn.Run(Head + """
            from sklearn.preprocessing import OrdinalEncoder
            for name in names:
                x = np.array([np.nan if r[name] == '?' else r[name] for r in rows], dtype=object).reshape(-1, 1)
                e = OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1, encoded_missing_value=-2).fit(x[:training])
                out[name + '.ordinal'] = e.transform(x)[:, 0]
            """);

        AssertColumns(expected, options, 0);
    }

    [ScikitLearnFact(File)]
    public void TargetEncode_OutOfFoldAndInFull_IsWhatNumpyComputes()
    {
        foreach (var (smoothing, smooth) in new[] { (TargetSmoothing.EmpiricalBayes, "'auto'"), (TargetSmoothing.MEstimate, "10.0") })
        {
            var options = Recipes(r => r.TargetEncode(smoothing).Standardise = false);
            var (table, labels) = Read();
            var encoding = Learn(table, labels, options);
            var folds = new TargetFolds(1, 5);

            // The encodings of scikit-learn's TargetEncoder (1.3), sklearn/preprocessing/_target_encoder_fast.pyx, in numpy.
            var expected = ScikitLearn.Run(
                Head + $$"""
                def encode(x, y):
                    means, mean, variance = {}, y.mean(), y.var()
                    for value in set(x):
                        own = y[x == value]
                        n, smooth = len(own), {{smooth}}
                        share = n / (n + smooth) if smooth != 'auto' else variance * n / (variance * n + own.var()) if variance * n + own.var() > 0 else 0
                        means[value] = share * own.mean() + (1 - share) * mean
                    return means, mean

                y = np.array([r['income'].startswith('>50K') for r in rows], dtype=float)
                for name in names:
                    x = np.array([r[name] for r in rows], dtype=object)
                    full, mean = encode(x[:training], y[:training])
                    out[name + '.target'] = [full.get(v, mean) for v in x]
                    learned = np.zeros(training)
                    for fold in range(5):
                        other = folds != fold
                        means, mean = encode(x[:training][other], y[:training][other])
                        for i in np.flatnonzero(~other):
                            learned[i] = means.get(x[i], mean)
                    out[name + '.learned'] = learned
                """,
                ("folds", Enumerable.Range(0, TrainingCount).Select(row => (double)folds.Of(row))));

            AssertColumns(expected, options, 1e-6);
            var learned = EncodingGraphRun.Encode(encoding.EncodeLearned(table, TrainingCount)).Dense.Chunk(encoding.Width).ToArray();
            Assert.All(Names, (name, i) => Assert.All(expected[$"{name}.learned"], (value, row) => Assert.Equal(value, learned[row][i], 1e-6)));
        }
    }

    [ScikitLearnFact(File)]
    public void BagOfTerms_OfWordsAndLetters_IsCountVectorizerAndTfidfVectorizer()
    {
        AssertTerms(r => (r.BagOfTerms(maximumTerms: 10_000).MinimumTermRows, r.LongestTerm) = (20, 2), "CountVectorizer(min_df=20, ngram_range=(1, 2))", 0);
        AssertTerms(r => r.BagOfTerms(weight: TermWeight.TfIdf, maximumTerms: 10_000).MinimumTermRows = 20, "TfidfVectorizer(min_df=20)", 1e-6);
        AssertTerms(
            r => (r.BagOfTerms(TextTerms.Letters, maximumTerms: 10_000).MinimumTermRows, r.ShortestTerm, r.LongestTerm) = (20, 3, 3), "CountVectorizer(min_df=20, analyzer='char', ngram_range=(3, 3))", 0);
    }

    private static void AssertTerms(Action<FeatureRecipe> set, string vectorizer, double tolerance)
    {
        var options = new PreprocessingOptions();
        set(options.For("text"));
        var expected = ScikitLearn.Run(Head + $$"""
            from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
            texts = [r['occupation'] + ', ' + r['education'] + '/' + r['country'] for r in rows]
            v = {{vectorizer}}.fit(texts[:training])
            y = v.transform(texts).toarray()
            for i, term in enumerate(v.get_feature_names_out()):
                out['text has ' + term] = y[:, i]
            """);
        AssertColumns(expected, options, tolerance);
    }

    private static void AssertColumns(Dictionary<string, double[]> expected, PreprocessingOptions options, double tolerance)
    {
        var (table, labels) = Read(options.Features.Keys);
        var encoding = Learn(table, labels, options);
        var found = EncodingGraphRun.Run(table, encoding).Dense.Chunk(encoding.Width).ToArray();

        Assert.Equal(expected.Keys.Where(k => !k.EndsWith(".learned", StringComparison.Ordinal)).Order(StringComparer.Ordinal), encoding.OutputNames.Order(StringComparer.Ordinal));
        Assert.All(encoding.OutputNames, (name, i) =>
        {
            Assert.Equal(RowCount, expected[name].Length);
            for (var row = 0; row < RowCount; row++)
            {
                Assert.True(Math.Abs(expected[name][row] - found[row][i]) <= tolerance, $"{name} of row {row}: {expected[name][row]} there, {found[row][i]} here.");
            }
        });
    }

    private static FeatureEncoding Learn(FeatureTable table, double[] labels, PreprocessingOptions options)
    {
        var learner = new FeatureEncodingLearner(table.Layout, options, new(Mlp.Runtime.Models.ModelTask.BinaryClassification, 1, 1));
        learner.Add(table, TrainingCount, labels, default);
        return learner.Complete();
    }

    private static PreprocessingOptions Recipes(Action<FeatureRecipe> set)
    {
        var options = new PreprocessingOptions();
        foreach (var name in Names)
        {
            set(options.For(name));
        }

        return options;
    }

    private static (FeatureTable Table, double[] Labels) Read(IEnumerable<string>? wanted = null)
    {
        var lines = System.IO.File.ReadLines(ReferenceData.Find(File)!).Take(RowCount + 1).Select(l => l.Split(',')).ToList();
        string At(string[] line, string name) => line[Array.IndexOf(lines[0], name)].Trim();
        var rows = new Rows();
        foreach (var name in wanted ?? Names)
        {
            rows.Text(name, [.. lines.Skip(1).Select(l => name == "text" ? $"{At(l, "occupation")}, {At(l, "education")}/{At(l, "country")}" : At(l, name) is var v && v == "?" ? null : v)]);
        }

        return (FeatureTable.Of(rows.Batch(), rows.Features), [.. lines.Skip(1).Select(l => At(l, "income").StartsWith(">50K", StringComparison.Ordinal) ? 1.0 : 0)]);
    }

    private static string Head => $$"""
        import csv
        rows = [{k: v.strip() for k, v in r.items()} for r, _ in zip(csv.DictReader(open(r'{{ReferenceData.Find(File)}}')), range({{RowCount}}))]
        names, training = [{{string.Join(", ", Names.Select(n => $"'{n}'"))}}], {{TrainingCount}}

        """;
}
