using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class VectorTestTests
{
    private const int Columns = 5;

    [ScikitLearnFact]
    public void Solvers_CorrelatedColumns_EqualScikitLearn()
    {
        var rows = Draw(400, seed: 3);
        var targets = rows.Chunk(Columns).Select((r, i) => (2 * r[0]) - r[1] + 0.5 + (i % 7 / 7.0)).ToArray();
        var labels = targets.Select((t, i) => t + (i % 5) > 2.5 ? 1.0 : 0).ToArray();
        var sklearn = ScikitLearn.Run(
            """
            from sklearn.linear_model import Ridge, LogisticRegression
            X = x.reshape(-1, 5)
            n = len(X)
            r = Ridge(alpha=2.5, tol=1e-14).fit(X, t[:n])
            out['ridge'] = list(r.coef_) + [r.intercept_]
            l = LogisticRegression(C=0.4, tol=1e-14, max_iter=10000, solver='newton-cg').fit(X, y[:n])
            out['logistic'] = list(l.coef_[0]) + [l.intercept_[0]]
            """,
            ("x", rows),
            ("t", targets),
            ("y", labels));

        Assert.Equal(sklearn["ridge"], RidgeSolver.Linear(rows, Columns, targets, 2.5), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(sklearn["logistic"], RidgeSolver.Logistic(rows, Columns, labels, 2.5), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Logistic_SeparableOrConstantColumns_StaysFinite()
    {
        double[] rows = [-2, 1, -1, 1, 1, 1, 2, 1];

        var coefficients = RidgeSolver.Logistic(rows, 2, [0, 0, 1, 1], 0.01);

        Assert.All(coefficients, c => Assert.True(double.IsFinite(c)));
        Assert.True(coefficients[0] > 1);
    }

    [ScikitLearnFact]
    public void ReconstructionErrors_StandardisedColumns_EqualScikitLearn()
    {
        var rows = Draw(300, seed: 8);
        var others = Draw(100, seed: 9, scale: 2);
        var sklearn = ScikitLearn.Run(
            """
            from sklearn.decomposition import PCA
            X, Y = x.reshape(-1, 5), z.reshape(-1, 5)
            p = PCA(n_components=0.65).fit(X)
            out['count'] = p.n_components_
            out['x'] = np.linalg.norm(X - p.inverse_transform(p.transform(X)), axis=1)
            out['z'] = np.linalg.norm(Y - p.inverse_transform(p.transform(Y)), axis=1)
            """,
            ("x", rows),
            ("z", others));
        var components = PrincipalComponents.Fit(rows, Columns, 0.65);
        var (errors, otherErrors) = (new double[300], new double[100]);
        components.ReconstructionErrors(rows, errors);
        components.ReconstructionErrors(others, otherErrors);

        Assert.Equal(sklearn["count"][0], components.Count);
        Assert.Equal(sklearn["x"], errors, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(sklearn["z"], otherErrors, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void DomainClassifier_SameDistribution_AlarmsAboutAsOftenAsAsked()
    {
        const int runs = 200;
        var alarms = 0;
        for (var run = 0; run < runs; run++)
        {
            alarms += DomainClassifierTest.Run(Draw(200, 2 * run), Draw(150, (2 * run) + 1), Columns, new RidgeLogisticEstimator(), run).PValue <= 0.05 ? 1 : 0;
        }

        // 10 expected, binomial standard deviation 3.1.
        Assert.InRange(alarms, 1, 20);
    }

    [Fact]
    public void DomainClassifier_ShiftedColumn_IsFoundAndTheSameForTheSameSeed()
    {
        var (reference, current) = (Draw(1_000, 1), Draw(1_000, 2));
        for (var i = 0; i < current.Length; i += Columns)
        {
            current[i] += 0.3;
        }

        var (auc, p) = DomainClassifierTest.Run(reference, current, Columns, new RidgeLogisticEstimator(), 7);

        Assert.InRange(auc, 0.55, 0.7);
        Assert.InRange(p, 0, 1e-6);
        Assert.Equal((auc, p), DomainClassifierTest.Run(reference, current, Columns, new RidgeLogisticEstimator(), 7));
        Assert.True(double.IsNaN(DomainClassifierTest.Run(reference.AsMemory(0, Columns * 9), current, Columns, new RidgeLogisticEstimator(), 7).PValue));
    }

    // The first two columns go together.
    private static double[] Draw(int rowCount, int seed, double scale = 1)
    {
        var random = new Random(seed);
        var rows = new double[rowCount * Columns];
        for (var i = 0; i < rowCount; i++)
        {
            for (var j = 0; j < Columns; j++)
            {
                rows[(i * Columns) + j] = scale * NormalDistribution.Quantile(Math.Clamp(random.NextDouble(), 1e-12, 1 - 1e-12));
            }

            rows[(i * Columns) + 1] = (0.8 * rows[i * Columns]) + (0.6 * rows[(i * Columns) + 1]);
        }

        return rows;
    }
}
